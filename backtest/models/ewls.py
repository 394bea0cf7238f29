"""The market model by exponentially weighted least squares: recent days count more.

A day of the estimation window that lies a sessions before its end has the weight 2^(−a/60): the
half-life is 60 sessions, about a quarter of a year, so that a window of 250 days counts like the
(Σw)²/Σw² = 155 days of equal weight (Kish 1965). The weights say how far a day is to be believed
about β today, not that old returns were noisier: with errors of one variance,

    s² = Σ w e² / (Σw − tr[(X'WX)⁻¹ X'W²X])    is unbiased,
    S²(AR_τ) = s² (1 + x_τ (X'WX)⁻¹ X'W²X (X'WX)⁻¹ x_τ').

Degrees of freedom are (Σw)²/Σw² − 2, rounded down. Weights all equal give the market model.
"""

from __future__ import annotations

import numpy as np

from backtest.engine.block import Block, Fit
from backtest.engine.line import Line, dot, fit_of_line, valid_days

HALF_LIFE = 60
"""Sessions; the decay is 0.9885 a session (RiskMetrics 1996 takes 0.94 for variances)."""


class ExponentiallyWeighted:
    """Weighted least squares of the security's return on the benchmark's, K = 2."""

    key = "ewls"
    title = f"market model, exponentially weighted (half-life {HALF_LIFE} sessions)"
    source = "Brown 1963 (discounted least squares)"
    formula = f"E[R] = α + β R_m, min Σ 2^(−a/{HALF_LIFE}) (R − α − β R_m)², a = age in sessions"
    robust_to = frozenset({"changing β"})
    regressors = ("market",)

    def fit(self, block: Block) -> Fit:
        """Estimate α and β on the valid days of each estimation window."""
        days = valid_days(block, self.regressors)
        ages = np.arange(block.estimation.shape[1])[::-1]
        weights = np.where(days.valid, 0.5 ** (ages / HALF_LIFE), 0.0)
        total = weights.sum(axis=1)
        total = np.where(total > 0, total, 1.0)
        market = days.x["market"]
        mean = dot(weights, market) / total
        away = np.where(days.valid, market - mean[:, None], 0.0)
        pull = weights * away
        squares = dot(pull, away)
        rounding = market.shape[1] * np.finfo(np.float64).eps
        constant = squares <= rounding**2 * dot(weights, market**2)
        # What each day's return adds to the line's height at the weighted mean, and to its slope.
        height = weights / total[:, None]
        slope = pull / np.where(constant, np.nan, squares)[:, None]
        beta = dot(slope, days.y)
        level = np.sqrt(dot(height, height))
        cross = np.divide(dot(height, slope), level, out=np.zeros_like(level), where=level > 0)
        line = Line(
            alpha=dot(height, days.y) - beta * mean,
            beta=beta,
            centre=mean,
            level=level,
            slope=np.sqrt(np.maximum(dot(slope, slope) - cross**2, 0.0)),
            cross=cross,
        )
        effective = np.divide(1.0, level**2, out=np.zeros_like(level), where=level > 0)
        dof = np.floor(effective).astype(np.int64) - 2
        lost = dot(weights, height) + dot(pull, slope)
        unbiased = np.where(dof > 0, total - lost, np.nan)
        return fit_of_line(block, days, line, weights=weights * (dof / unbiased)[:, None], dof=dof)


MODEL = ExponentiallyWeighted()
