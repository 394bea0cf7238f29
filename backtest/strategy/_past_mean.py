"""Means over the sessions before each one."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats

WINDOW = 21
"""Sessions looked back over: a month."""

FEWEST = 12
"""Two-day estimates of these that must be there, as Abdi & Ranaldo (2017) ask for."""


def past_mean(pairs: Floats, window: int = WINDOW, fewest: int = FEWEST) -> Floats:
    """Return the mean of the two-day values that were complete before each session.

    Args:
        pairs: (P, S) of each session and the one before it, NaN where there is none.
        window: sessions looked back over; they hold one pair fewer.
        fewest: pairs below which the answer is NaN.

    Returns:
        (P, S) means for session t over pairs that end on sessions t − window + 1 to t − 1.
    """
    count, total = np.zeros(pairs.shape), np.zeros(pairs.shape)
    for back in range(1, min(window, pairs.shape[1])):
        one = pairs[:, :-back]
        there = np.isfinite(one)
        count[:, back:] += there
        total[:, back:] += np.where(there, one, 0.0)
    return np.where(count >= fewest, total / np.maximum(count, 1.0), np.nan)
