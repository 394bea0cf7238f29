"""The sample-quantile test of one security's event (Gelbach, Helland & Klick 2013; METHODS §4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.ranks import TIE
from backtest.spec import Window

MIN_SUMS = 99
"""Below it the smallest p there is exceeds 2 %, and the test says little."""


@dataclass(frozen=True, slots=True)
class SampleQuantile:
    """The test for n observations and W windows.

    Attributes:
        rank: (n, W) place of the CAR from the nearer end, 1 for the most extreme.
        n: (n, W) sums of estimation residuals it is held against.
        p: (n, W) two-sided, NaN without a CAR or with fewer than `MIN_SUMS` sums.
    """

    rank: Ints
    n: Ints
    p: Floats


def sample_quantile(
    residuals: Floats, car: Floats, n_days: Ints, cars: tuple[Window, ...]
) -> SampleQuantile:
    """Rank each CAR among the sums of as many consecutive estimation residuals of its own event.

    p = 2·min(rank_low, rank_high)/(m + 1), at most 1, with ranks from either end among the m sums
    and the CAR itself; equal values (`TIE`) count against the event. One security's returns are
    far from normal, and this needs no distribution: exact for a day, approximate for a window,
    whose sums overlap.

    Args:
        residuals: (n, M) of the estimation window, NaN where missing.
        car: (n, W) NaN where there is none.
        n_days: (n, W) days cumulated; a window with missing days is not tested.
        cars: the windows.
    """
    present = np.isfinite(residuals)
    sums = _cumulated(np.where(present, residuals, 0.0))
    counts = _cumulated(present.astype(np.float64))
    a_day = _near(residuals, present)
    rank = np.zeros(car.shape, dtype=np.int64)
    n = np.zeros(car.shape, dtype=np.int64)
    for column, window in enumerate(cars):
        length = len(window)
        if length > residuals.shape[1]:
            continue
        whole = counts[:, length:] - counts[:, :-length] == length
        # A day's sum is the residual itself; a difference of sums would lose its last digits.
        every = residuals if length == 1 else sums[:, length:] - sums[:, :-length]
        value, near = car[:, column : column + 1], length * a_day
        n[:, column] = whole.sum(axis=1)
        with np.errstate(invalid="ignore"):
            low = (whole & (every <= value + near)).sum(axis=1)
            high = (whole & (every >= value - near)).sum(axis=1)
        rank[:, column] = np.minimum(low, high) + 1
    lengths = np.array([len(window) for window in cars])
    tested = np.isfinite(car) & (n >= MIN_SUMS) & (n_days == lengths)
    return SampleQuantile(rank, n, quantile_p(rank, n, tested))


def quantile_p(rank: Ints, n: Ints, tested: Bools) -> Floats:
    """Return the two-sided p (n, W) of places from the nearer end, NaN where not tested."""
    return np.where(tested, np.minimum(1.0, 2.0 * rank / (n + 1.0)), np.nan)


def _near(residuals: Floats, present: Bools) -> Floats:
    """Return (n, 1) how far residuals may lie apart that are equal but for rounding."""
    high = np.max(residuals, axis=1, where=present, initial=-np.inf, keepdims=True)
    low = np.min(residuals, axis=1, where=present, initial=np.inf, keepdims=True)
    return np.where(present.any(axis=1, keepdims=True), high * TIE - low * TIE, 0.0)


def _cumulated(values: Floats) -> Floats:
    """Return (n, M + 1) sums of the days before each day."""
    return np.hstack([np.zeros((len(values), 1)), np.cumsum(values, axis=1)])
