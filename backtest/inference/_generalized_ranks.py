"""The generalised rank of a cumulative abnormal return (Kolari & Pynnönen 2011; METHODS §5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.history import History
from backtest.engine.rows import Rows
from backtest.engine.sample import Sample
from backtest.inference._columns import scar_moments
from backtest.inference._deviations import observations_each_day, own_days_known, weighted_sum

_LANES = 8
"""Bytes that are added as one word."""

_AT_ONCE = 255 * _LANES
"""Rows compared together: each byte of a sum counts 255 of them, and all stay in the cache."""

_FEW = 255
"""Rows of as many days; fewer are mixed with others."""


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


def shared_ranks(sample: Sample) -> GeneralizedRanks:
    """Return `generalized_ranks`, made once for all tests that look at them."""
    return sample.once("generalized ranks", lambda: generalized_ranks(sample))


def generalized_ranks(sample: Sample) -> GeneralizedRanks:
    """Rank each SCAR* = SCAR/sd(SCAR) as one more day among its security's estimation SARs.

    Columns with fewer than 2 observations hold nothing of meaning.
    """
    history = sample.before
    own_days = own_days_known(sample)
    weight = 1.0 / (own_days.astype(np.float64) + 2.0)
    n_all, base_all = sample.of_rows(
        "own ranks by day",
        lambda: (
            observations_each_day(history.own_ranks, own_days),
            weighted_sum(0.5 * weight, history.own_ranks),
        ),
    )
    _, _, sd = scar_moments(sample)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = sample.scar / sd * history.sigma[:, None]
    higher, moved = _above(history, np.where(sample.present, value, np.nan), own_days)
    count = len(sample.columns)
    # Not a product of matrices in each pattern: over one column that is many times slower.
    above = np.where(sample.present, own_days[:, None] - higher + 1.0, 0.0)
    placed = _column_sums(weight, above)
    freedom = _column_sums(weight * own_days, sample.present)
    event, spread, variance = np.zeros(count), np.ones(count), np.ones(count)
    days = np.zeros(count, dtype=np.int64)
    for columns, there in sample.patterns():
        size = int(there.sum())
        if size < 2:
            continue
        absent = np.flatnonzero(~there)
        base = base_all - weighted_sum(0.5 * weight[absent], history.own_ranks.take(absent))
        n = n_all - (history.own_ranks[absent] > 0).sum(axis=0)
        days[columns] = (n > 0).sum() + 1
        variance[columns] = freedom[columns] / 12.0 / size**2
        event[columns] = placed[columns] / size - 0.5
        with np.errstate(divide="ignore", invalid="ignore"):
            daily = (base + moved[columns]) / n - 0.5
        squares = np.where(n > 0, n / size * daily**2, 0.0).sum(axis=1) + event[columns] ** 2
        spread[columns] = np.sqrt(squares / days[columns])
    return GeneralizedRanks(event, spread, days, variance, sd == 0)


def _column_sums(weight: Floats, values: Floats | Bools) -> Floats:
    """Return weight @ values (C,), added row by row, however the values lie in memory."""
    sums: Floats = np.einsum("n,nc->c", weight, np.ascontiguousarray(values, dtype=np.float64))
    return sums


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
    higher, moved = np.empty(value.shape), np.zeros((value.shape[1], residuals.width))
    order = np.argsort(own_days, kind="stable")
    if history.abnormal.many:
        higher[order], moved = _above_compiled(history, value[order], own_days[order], order)
        return _with_equals(residuals, value, weight, higher, moved)
    for piece in _pieces(own_days[order]):
        rows = order[piece]
        own, known = value[rows], own_days[rows, None]
        below = _not_above(residuals[rows], own)
        higher[rows] = known - below
        # An event that does not count stands above all days.
        limit = np.where(np.isnan(own), known, below)
        moved += _moves((history.own_ranks[rows] + 1) >> 1, limit, weight[rows])
    return _with_equals(residuals, value, weight, higher, moved)


def _with_equals(
    residuals: Rows[Floats], value: Floats, weight: Floats, higher: Floats, moved: Floats
) -> tuple[Floats, Floats]:
    """Add the halves for days that equal the event, where both are zero."""
    for row, column in np.argwhere(value == 0.0):
        equal = residuals[row] == 0.0
        higher[row, column] += 0.5 * equal.sum()
        moved[column] += 0.5 * weight[row] * equal
    return higher, moved


def _above_compiled(
    history: History, value: Floats, own_days: Ints, order: Ints
) -> tuple[Floats, Floats]:
    """Return what `_above` does before equal days are looked at, of rows in an order.

    Args:
        history: N observations with M estimation days.
        value: (n, C) in that order.
        own_days: (n,) in that order, ascending, so that equal weights follow each other.
        order: (n,) the rows.
    """
    from backtest.engine.history_kernels import generalized_ranks

    every, ranks = history.abnormal, history.own_ranks
    days, columns = ranks.width, value.shape[1]
    narrow = np.uint8 if days < 256 else np.uint16
    higher, moved = np.empty(value.shape), np.zeros((columns, days))
    if not np.array_equal(every.places, ranks.places):
        raise AssertionError("residuals and their ranks stand in different rows")
    weight, most = 1.0 / (own_days.astype(np.float64) + 2.0), int(np.iinfo(narrow).max)
    for piece, at in every.pieces(order, _counts_end(own_days, most)):
        generalized_ranks(
            every.whole,
            ranks.whole,
            at,
            value[piece],
            own_days[piece],
            weight[piece],
            np.empty(days + 1, dtype=narrow),
            np.zeros((columns, days), dtype=narrow),
            most,
            higher[piece],
            moved,
        )
        ranks.done()
    return higher, moved


def _counts_end(own_days: Ints, most: int) -> Ints:
    """Return where narrow counts are added up: at new weights, and at as many rows as they hold.

    Pieces that end there give the same sums to the bit.
    """
    place = np.arange(len(own_days))
    first = np.maximum.accumulate(np.where(np.diff(own_days, prepend=-1) != 0, place, 0))
    return np.flatnonzero((place - first) % most == 0)


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


def _moves(ranks: Ints, limit: Ints, weight: Floats) -> Floats:
    """Return (C, M) sums of the weights of the rows whose rank of a day exceeds their limit.

    Days come first and rows last, so that long runs of bytes are compared; a rank and a limit take
    a byte wherever there are few enough days.

    Args:
        ranks: (n, M) at most `_AT_ONCE` rows.
        limit: (n, C).
        weight: (n,) ascending or descending.
    """
    count, days = ranks.shape
    narrow = np.uint8 if days < 256 else np.uint16
    alike = weight[0] == weight[-1]
    # What fills up the last word exceeds nothing.
    width = -(-count // _LANES) * _LANES
    by_day = np.zeros((days, width), dtype=narrow)
    by_day[:, :count] = ranks.T
    by_column = np.zeros((limit.shape[1], width), dtype=narrow)
    by_column[:, :count] = limit.T
    above = np.empty((days, width), dtype=np.bool_)
    moved = np.empty((limit.shape[1], days))
    for column, own in enumerate(by_column):
        np.greater(by_day, own, out=above)
        moved[column] = weight[0] * _counted(above) if alike else above[:, :count] @ weight
    return moved


def _counted(above: Bools) -> Ints:
    """Return (M,) how many of each row are true, eight bytes at a time.

    Args:
        above: (M, n) contiguous, n a multiple of `_LANES` and at most `_AT_ONCE`.
    """
    lanes = np.add.reduce(above.view(np.uint64), axis=1)
    counted: Ints = lanes.view(np.uint8).reshape(len(above), _LANES).sum(axis=1, dtype=np.int64)
    return counted


def _pieces(own_days: Ints) -> Iterator[slice]:
    """Yield runs of at most `_AT_ONCE` rows, ascending in days: rows of one count, or a mixture.

    Most securities have all days; only rows of many like them are worth a piece of their own.
    """
    edges = np.flatnonzero(np.diff(own_days, prepend=-1)).tolist()
    first = 0
    for start, end in pairwise([*edges, len(own_days)]):
        if end - start < _FEW:
            continue
        for low, high in ((first, start), (start, end)):
            for at in range(low, high, _AT_ONCE):
                yield slice(at, min(at + _AT_ONCE, high))
        first = end
    for at in range(first, len(own_days), _AT_ONCE):
        yield slice(at, min(at + _AT_ONCE, len(own_days)))
