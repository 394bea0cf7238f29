"""The market's first autocorrelation, by which thin-trading corrections weight leads and lags."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Bools, Floats
from backtest.engine.line import Days, centred, dot

LAG, NOW, LEAD = "market@-1", "market", "market@+1"

NEGATIVE = "the market's first autocorrelation is −½ or less: the correction divides by 1 + 2ρ"

_LEAST = 1e-6
"""Of 1 + 2ρ; a moving average of two returns has ρ > −½."""


def autocorrelation(days: Days) -> tuple[Floats, Bools]:
    """Return ρ (n,) of the market with its session before, and where 1 + 2ρ is not positive.

    Both sums run over the valid days of the observation. Where ρ is too low, or the market
    constant, it is NaN.
    """
    _, now, now_squares = centred(days.x[NOW], days)
    _, lag, lag_squares = centred(days.x[LAG], days)
    rho = dot(now, lag) / np.sqrt(now_squares * lag_squares)
    low = 1.0 + 2.0 * rho < _LEAST
    return np.where(low, np.nan, rho), low
