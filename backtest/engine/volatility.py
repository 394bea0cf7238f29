"""Volatility as a measure: squared abnormal returns as multiples of their variance.

The event's squared abnormal return over its variance is the U of Beaver (1968), with the forecast
variance and the correction of Patell (1976), so that its expectation is 1 on every day without
news. A first stage, here, makes the series; a model of normal performance is then fitted to it as
to returns, and what it leaves is abnormal volatility: +3 is a variance four times the usual one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import Block, Fit, Regressor
from backtest.engine.linear import fit_linear

MARKET = "market"
TOO_SHORT = "too few valid estimation days for the variance of returns"


@dataclass(frozen=True, slots=True)
class FirstStage:
    """What the first stage found of n observations.

    Attributes:
        n_obs: (n,) valid estimation days of the market model.
        unusable: reason → (n,) where it has no variance to divide by.
    """

    n_obs: Ints
    unusable: dict[str, Bools]

    def onto(self, fit: Fit) -> Fit:
        """Return a model's fit to the squares, with what the first stage could not use."""
        lost = np.logical_or.reduce(list(self.unusable.values()))
        nothing = np.zeros_like(lost)
        unusable = {
            reason: self.unusable.get(reason, nothing) | fit.unusable.get(reason, nothing)
            for reason in {**self.unusable, **fit.unusable}
        }
        return replace(fit, n_obs=np.where(lost, self.n_obs, fit.n_obs), unusable=unusable)


def in_squares(block: Block) -> tuple[Block, FirstStage]:
    """Put squares over variances in the place of returns.

    A security's abnormal returns are those of the market model on the benchmark, estimated on the
    estimation window; a common series' are its deviations from its estimation mean. In the
    estimation window a squared residual e² is divided by s²(1 − h), h its leverage; in the event
    window a squared abnormal return by s²(1 + x(X'X)⁻¹x'), times (M − K − 2)/(M − K) because s² is
    estimated too. Both have expectation 1 where disturbances are normal with one variance.

    Args:
        block: the observations, the benchmark (`market`) among their regressors.

    Returns:
        The block of squares, and what could not be had.
    """
    market = block.regressors[MARKET]
    fit = fit_linear(block, (MARKET,), ("alpha", "beta"))
    leverage = _leverage(fit.residuals, market.estimation[block.group])
    estimation, event = _squares(fit, block.event, leverage)
    common = {name: _of_series(one) for name, one in block.regressors.items()}
    short = {TOO_SHORT: fit.dof <= 2}
    made = replace(block, estimation=estimation, event=event, regressors=common)
    return made, FirstStage(fit.n_obs, {**fit.unusable, **short})


def _of_series(series: Regressor) -> Regressor:
    """Return a common series' squared deviations from its mean, over their variance."""
    groups = np.arange(len(series.estimation))
    fit = fit_linear(Block(series.estimation, series.event, groups, {}), (), ("mean",))
    flat = np.where(np.isfinite(fit.residuals), 1.0 / np.maximum(fit.n_obs, 1)[:, None], np.nan)
    return Regressor(*_squares(fit, series.event, flat))


def _leverage(residuals: Floats, x: Floats) -> Floats:
    """Return (n, M) leverage of each valid day in a line fitted by least squares."""
    valid = np.isfinite(residuals)
    count = np.maximum(valid.sum(axis=1), 1)[:, None]
    mean = np.where(valid, x, 0.0).sum(axis=1, keepdims=True) / count
    deviations = np.where(valid, x - mean, 0.0)
    squares = np.einsum("nm,nm->n", deviations, deviations)[:, None]
    # A design without spread has no valid day: its residuals are missing.
    return np.where(
        valid, 1.0 / count + deviations**2 / np.where(squares > 0, squares, 1.0), np.nan
    )


def _squares(fit: Fit, event: Floats, leverage: Floats) -> tuple[Floats, Floats]:
    """Return squares over variances in estimation (n, M) and event window (n, L)."""
    variance = np.square(fit.sigma)[:, None]
    forecast = 1.0 + np.einsum("nlk,nlk->nl", fit.scaled_design, fit.scaled_design)
    dof = fit.dof[:, None].astype(np.float64)
    share = np.where(dof > 2, (dof - 2.0) / np.maximum(dof, 1.0), np.nan)
    # A day that alone decides a coefficient has no residual, and nothing to divide it by.
    left = np.where(leverage < 1.0 - 1e-9, 1.0 - leverage, np.nan)
    with np.errstate(invalid="ignore"):
        return (
            np.square(fit.residuals) / (variance * left),
            np.square(event - fit.expected) / (variance * forecast) * share,
        )
