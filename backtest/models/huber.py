"""The market model by Huber's M-estimator: outlying days pull with bounded force (Huber 1964).

Least squares within k = 1.345 robust standard deviations, least absolute deviations beyond. The
scale is the median absolute residual over 0.6745, estimated together with the line.

The disturbance of an event day is no tamer than any other day's, so s² = Σ e² / (M − 2) as for
every model; only the error of α and β is the M-estimator's own,

    κ² (X'X)⁻¹,  κ² = c² Σ min(|e|, k·scale)² / (M − 2) / m²,  c = 1 + 2 (1 − m) / (M m),

m being the share of days within k (Huber 1981, §7.6). The forecast variance of an abnormal return
is s² + κ² x_τ (X'X)⁻¹ x_τ'.
"""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.block import SMALLEST_SIGMA, Block, Fit
from backtest.engine.line import Days, Line, centred, dot, fit_of_line, residuals_of, valid_days
from backtest.models._reweighting import MOST_ROUNDS, K, robust_line

UNSETTLED = f"the robust line did not settle in {MOST_ROUNDS} rounds of reweighting"
NO_SCALE = "most residuals of the robust line are 0 (few trades?): it has no scale"


class Huber:
    """Huber's M-estimator of the security's return on the benchmark's, K = 2."""

    key = "huber"
    title = "market model, Huber's M-estimator"
    source = "Huber 1964, 1981"
    formula = f"E[R] = α + β R_m, min Σ ρ((R − α − β R_m) / scale), Huber's ρ with k = {K}"
    robust_to = frozenset({"outlying days"})
    regressors = ("market",)

    def fit(self, block: Block) -> Fit:
        """Estimate α and β on the valid days of each estimation window."""
        days = valid_days(block, self.regressors)
        mean, away, squares = centred(days.x["market"], days)
        some = np.flatnonzero(~np.isnan(squares))
        found = robust_line(days.y[some], away[some], days.valid[some])
        alpha, beta, scale = (np.full(len(mean), np.nan) for _ in range(3))
        alpha[some], beta[some] = found.height - found.slope * mean[some], found.slope
        scale[some] = found.scale
        unsettled = np.zeros(len(mean), dtype=bool)
        unsettled[some] = ~found.settled
        left = residuals_of(days, alpha, beta)
        count = np.maximum(days.n_obs, 1)
        # A constant price has no scale either, but no variance in the first place.
        unscaled = (scale < SMALLEST_SIGMA) & (dot(left, left) > count * SMALLEST_SIGMA**2)
        lost = unscaled | unsettled
        kappa = _error(days, left, scale)
        line = Line(
            alpha=np.where(lost, np.nan, alpha),
            beta=np.where(lost, np.nan, beta),
            centre=mean,
            level=kappa / np.sqrt(count),
            slope=kappa / np.sqrt(squares),
            cross=np.zeros_like(mean),
        )
        return fit_of_line(block, days, line, unusable={NO_SCALE: unscaled, UNSETTLED: unsettled})


def _error(days: Days, left: Floats, scale: Floats) -> Floats:
    """Return κ over s (n,), NaN where there is none; the freedom M − 2 of both cancels."""
    size, limit = np.abs(left), K * scale[:, None]
    inside = np.where(days.valid, size <= limit, False).sum(axis=1) / np.maximum(days.n_obs, 1)
    bounded = np.minimum(size, limit)
    shrunk = np.sqrt(_divided(dot(bounded, bounded), dot(left, left)))
    correction = 1.0 + 2.0 * _divided(1.0 - inside, inside * days.n_obs)
    return _divided(correction * shrunk, inside)


def _divided(one: Floats, other: Floats) -> Floats:
    """Return the quotients, NaN where the divisor is 0."""
    out = np.full(one.shape, np.nan)
    np.divide(one, other, out=out, where=other != 0)
    return out


MODEL = Huber()
