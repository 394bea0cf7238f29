"""Ranks of each observation's abnormal returns over its own days (Corrado 1989)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backtest.engine.arrays import Floats, Ints

Ranks = NDArray[np.uint16]

DAY_BITS = 10
"""Places of a machine-code sort key that number the day."""


TIE = 2.0**-44
"""Of the range of a row's values: what lies nearer is equal but for rounding.

Days of one return have one abnormal return. Where it is a residual on one day and a prediction
error on the other, its last digit may differ, and always in one direction.
"""


def both_ranks(values: Floats, days: int) -> tuple[Ranks, Ranks]:
    """Return `twice_mid_ranks` over all days, and over the first `days` alone, from one sort.

    Args:
        values: (n, T), NaN where missing.
        days: how many of the T are the estimation window.

    Returns:
        (n, T) ranks over everything, and (n, days) ranks within the estimation window.
    """
    order = np.argsort(values, axis=1)
    every, tied, groups = _placed(values, order)
    within = order < days
    counted = np.cumsum(within, axis=1, dtype=np.uint16)
    doubled = counted * np.uint16(2)
    doubled[tied] = _within_ties(counted[tied], within[tied], groups)
    first = np.empty_like(every)
    np.put_along_axis(first, order, doubled, axis=1)
    first = first[:, :days]
    first[np.isnan(values[:, :days])] = 0
    return every, first


def twice_mid_ranks(values: Floats) -> Ranks:
    """Return (n, T) twice the rank of each value within its row, ties sharing their mean rank.

    Twice, because mid-ranks are whole or half: the answer is exact in two bytes. A missing value
    has 0, the smallest one 2, so a row of m values without ties holds 2, 4, …, 2m.

    Args:
        values: (n, T) up to 32,767 days, NaN where missing.
    """
    return _placed(values, np.argsort(values, axis=1))[0]


def _placed(values: Floats, order: Ints) -> tuple[Ranks, Ints, tuple[Ints, Ints]]:
    """Return twice the mid-ranks of values, given their order; which rows have ties; `_groups`."""
    ascending = np.take_along_axis(values, order, axis=1)
    doubled = np.tile(np.arange(2, 2 * values.shape[1] + 2, 2, dtype=np.uint16), (len(values), 1))
    equal = _near(ascending)
    tied = np.flatnonzero(equal.any(axis=1))
    first, last = groups = _groups(equal[tied])
    doubled[tied] = (first + last + 2).astype(np.uint16)
    ranks = np.empty_like(doubled)
    np.put_along_axis(ranks, order, doubled, axis=1)
    ranks[np.isnan(values)] = 0
    return ranks, tied, groups


def _near(ascending: Floats) -> NDArray[np.bool_]:
    """Return (n, T − 1) whether a value of a sorted row is equal to the one before it."""
    if not ascending.size:
        return np.zeros((len(ascending), max(0, ascending.shape[1] - 1)), dtype=np.bool_)
    known = np.isfinite(ascending).sum(axis=1)
    high = ascending[np.arange(len(ascending)), np.maximum(known, 1) - 1]
    # Not the range times TIE, which could be too large for a number.
    width = high * TIE - ascending[:, 0] * TIE
    with np.errstate(over="ignore"):
        near: NDArray[np.bool_] = np.diff(ascending, axis=1) <= width[:, None]
    return near


def _groups(equal: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return of sorted rows (n, T) the first and the last place of each value's equals."""
    count, days = len(equal), equal.shape[1] + 1
    place = np.arange(days)
    edge = np.ones((count, 1), dtype=bool)
    first = np.maximum.accumulate(np.where(np.hstack([edge, ~equal]), place, 0), axis=1)
    ends = np.where(np.hstack([~equal, edge]), place, days)
    return first, np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]


def _within_ties(
    counted: Ranks, within: NDArray[np.bool_], groups: tuple[Ints, Ints]
) -> NDArray[np.uint16]:
    """Return twice the mid-ranks among the days that are `within`, of sorted rows with ties."""
    first, last = groups
    before = np.take_along_axis(counted - within, first, axis=1)
    upto = np.take_along_axis(counted, last, axis=1)
    return (before + upto + 1).astype(np.uint16)
