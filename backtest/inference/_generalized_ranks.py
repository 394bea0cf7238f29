"""The generalised rank of a cumulative abnormal return (Kolari & Pynnönen 2011; METHODS §5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.history import History
from backtest.engine.sample import Sample
from backtest.inference._columns import scar_moments
from backtest.inference._deviations import days_known, observations_each_day, weighted_sum

_COUNTED = 255
"""Rows whose count fits one byte."""

_AT_ONCE = 4 * _COUNTED
"""Rows compared together, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class GeneralizedRanks:
    """Demeaned standardised ranks U averaged over the observations of each column, (C,) each.

    Attributes:
        event: Ū₀, of the re-standardised SCAR among the estimation SARs.
        spread: S_Ū over the estimation days and the event.
        days: T, the estimation days that have observations, and one for the event.
        variance: of Ū₀ were observations independent: Σ M_i/(12 (M_i + 2)) / N².
        equal: whether all SCAR are equal, so that they cannot be re-standardised.
    """

    event: Floats
    spread: Floats
    days: Ints
    variance: Floats
    equal: Bools


def generalized_ranks(sample: Sample) -> GeneralizedRanks:
    """Rank each SCAR* = SCAR/sd(SCAR) as one more day among its security's estimation SARs.

    Columns with fewer than 2 observations hold nothing of meaning.
    """
    history = sample.before
    own_days = sample.each("own days", lambda before: days_known(before.own_ranks))
    n_all = observations_each_day(history.own_ranks, own_days)
    weight = 1.0 / (own_days.astype(np.float64) + 2.0)
    base_all = weighted_sum(0.5 * weight, history.own_ranks)
    _, _, sd = scar_moments(sample)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = sample.scar / sd * history.sigma[:, None]
    higher, moved = _above(history, np.where(sample.present, value, np.nan), own_days)
    count = len(sample.columns)
    event, spread, variance = np.zeros(count), np.ones(count), np.ones(count)
    days = np.zeros(count, dtype=np.int64)
    for columns, there in sample.patterns():
        size = int(there.sum())
        if size < 2:
            continue
        absent = np.flatnonzero(~there)
        scale = np.where(there, weight, 0.0)
        base = base_all - weighted_sum(0.5 * weight[absent], history.own_ranks[absent])
        n = n_all - (history.own_ranks[absent] > 0).sum(axis=0)
        days[columns] = (n > 0).sum() + 1
        variance[columns] = (own_days @ scale) / 12.0 / size**2
        event[columns] = scale @ (own_days[:, None] - higher[:, columns] + 1.0) / size - 0.5
        with np.errstate(divide="ignore", invalid="ignore"):
            daily = (base + moved[columns]) / n - 0.5
        squares = np.where(n > 0, n / size * daily**2, 0.0).sum(axis=1) + event[columns] ** 2
        spread[columns] = np.sqrt(squares / days[columns])
    return GeneralizedRanks(event, spread, days, variance, sd == 0)


def _above(history: History, value: Floats, own_days: Ints) -> tuple[Floats, Floats]:
    """Return how many days stand above each event, and how far events move up each day's ranks.

    A day moves up by one where the event stands below it, by a half where the two are equal; only
    an event of exactly zero is likely to equal anything. A day stands above the event when its rank
    exceeds the number of days that do not: ranks are small integers, which are compared and counted
    many at a time.

    Args:
        history: N observations with M estimation days.
        value: (N, C) the events on the residuals' scale, NaN for one that does not count.
        own_days: (N,) estimation days of each.

    Returns:
        (N, C) days above, and (C, M) weighted moves.
    """
    residuals = history.residuals
    weight = 1.0 / (own_days.astype(np.float64) + 2.0)
    narrow = np.uint8 if residuals.shape[1] < 256 else np.uint16
    higher, moved = np.empty(value.shape), np.zeros((value.shape[1], residuals.shape[1]))
    order = np.argsort(own_days, kind="stable")
    for piece in _pieces(own_days[order]):
        rows = order[piece]
        own = value[rows]
        below = _not_above(residuals[rows], own)
        known = own_days[rows, None]
        higher[rows] = known - below
        # An event that does not count stands above all days.
        limit = np.where(np.isnan(own), known, below).astype(narrow)
        ranks = ((history.own_ranks[rows] + 1) >> 1).astype(narrow)
        for column in range(len(moved)):
            above = np.greater(ranks, limit[:, column, None])
            moved[column] += _weighted_count(weight[rows], above)
    for row, column in np.argwhere(value == 0.0):
        equal = residuals[row] == 0.0
        higher[row, column] += 0.5 * equal.sum()
        moved[column] += 0.5 * weight[row] * equal
    return higher, moved


def _not_above(days: Floats, value: Floats) -> Ints:
    """Return how many of each row's days are at most each value, by halving all rows at once.

    Args:
        days: (n, M), NaN where missing.
        value: (n, C); the answer for NaN is 0.
    """
    size = 1 << days.shape[1].bit_length()
    # What is missing comes last, as the filling does; neither is at most anything.
    ascending = np.empty((len(days), size))
    ascending[:, : days.shape[1]], ascending[:, days.shape[1] :] = days, np.nan
    ascending.sort(axis=1)
    first = np.arange(0, ascending.size, size)[:, None]
    at, flat = np.broadcast_to(first, value.shape).copy(), ascending.ravel()
    step = size // 2
    while step:
        at += step * (flat[at + (step - 1)] <= value)
        step //= 2
    below: Ints = at - first
    return below


def _weighted_count(weight: Floats, above: Bools) -> Floats:
    """Return weight @ above for (n,) and (n, M).

    Most securities have all days and so one weight: bytes are added many at a time.
    """
    if weight[0] != weight[-1]:
        mixed: Floats = weight @ above.astype(np.float64)
        return mixed
    cut = len(above) - len(above) % _COUNTED
    counts = above[:cut].view(np.uint8).reshape(-1, _COUNTED, above.shape[1])
    rest = above[cut:].view(np.uint8)
    count = np.add.reduce(rest, axis=0, dtype=np.uint8).astype(np.float64)
    count += np.add.reduce(counts, axis=1, dtype=np.uint8).sum(axis=0)
    counted: Floats = weight[0] * count
    return counted


def _pieces(own_days: Ints) -> Iterator[slice]:
    """Yield runs of at most `_AT_ONCE` rows, ascending in days: rows of one count, or a mixture."""
    edges = np.flatnonzero(np.diff(own_days, prepend=-1)).tolist()
    first = 0
    for start, end in pairwise([*edges, len(own_days)]):
        if end - start < _COUNTED:
            continue
        for low, high in ((first, start), (start, end)):
            for at in range(low, high, _AT_ONCE):
                yield slice(at, min(at + _AT_ONCE, high))
        first = end
    for at in range(first, len(own_days), _AT_ONCE):
        yield slice(at, min(at + _AT_ONCE, len(own_days)))
