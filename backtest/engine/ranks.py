"""Ranks of each observation's abnormal returns over its own days (Corrado 1989)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backtest.engine.arrays import Floats, Ints

Ranks = NDArray[np.uint16]

DAY_BITS = 10
"""Places of a machine-code sort key that number the day."""

MOST_DAYS = 1 << DAY_BITS


def both_ranks(values: Floats, days: int) -> tuple[Ranks, Ranks]:
    """Return `twice_mid_ranks` over all days, and over the first `days` alone, from one sort.

    Args:
        values: (n, T), NaN where missing.
        days: how many of the T are the estimation window.

    Returns:
        (n, T) ranks over everything, and (n, days) ranks within the estimation window.
    """
    order = np.argsort(values, axis=1)
    every, tied = _placed(values, order)
    counted = np.cumsum(order < days, axis=1, dtype=np.uint16) * np.uint16(2)
    first = np.empty_like(every)
    np.put_along_axis(first, order, counted, axis=1)
    first = first[:, :days]
    first[np.isnan(values[:, :days])] = 0
    if len(tied):
        first[tied] = twice_mid_ranks(values[tied, :days])
    return every, first


def twice_mid_ranks(values: Floats) -> Ranks:
    """Return (n, T) twice the rank of each value within its row, ties sharing their mean rank.

    Twice, because mid-ranks are whole or half: the answer is exact in two bytes. A missing value
    has 0, the smallest one 2, so a row of m values without ties holds 2, 4, …, 2m.

    Args:
        values: (n, T) up to 32,767 days, NaN where missing.
    """
    return _placed(values, np.argsort(values, axis=1))[0]


def _placed(values: Floats, order: Ints) -> tuple[Ranks, Ints]:
    """Return twice the mid-ranks of values, given their order, and which rows have ties."""
    ascending = np.take_along_axis(values, order, axis=1)
    doubled = np.tile(np.arange(2, 2 * values.shape[1] + 2, 2, dtype=np.uint16), (len(values), 1))
    equal = ascending[:, 1:] == ascending[:, :-1]
    tied = np.flatnonzero(equal.any(axis=1))
    doubled[tied] = _with_ties(equal[tied])
    ranks = np.empty_like(doubled)
    np.put_along_axis(ranks, order, doubled, axis=1)
    ranks[np.isnan(values)] = 0
    return ranks, tied


def _with_ties(equal: NDArray[np.bool_]) -> Ranks:
    """Return twice the mid-ranks of sorted rows, given where a value equals the one before it."""
    count, days = len(equal), equal.shape[1] + 1
    place = np.arange(days)
    edge = np.ones((count, 1), dtype=bool)
    first = np.maximum.accumulate(np.where(np.hstack([edge, ~equal]), place, 0), axis=1)
    ends = np.where(np.hstack([~equal, edge]), place, days)
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    return (first + last + 2).astype(np.uint16)
