"""The average cross-correlation r̄ of tested abnormal returns (METHODS §5).

Kolari & Pynnönen (2010) for events on one date; Kolari, Pape & Pynnönen (2018) for windows that
overlap partly. Only events whose tested windows share calendar sessions count, each pair by the
share of sessions in common, and residuals are aligned by calendar date. Sums over the events of one
date replace the sum over pairs, so the cost grows with the observations, not with their square.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.history import History
from backtest.spec import Window

_AT_ONCE = 512
"""Rows normalised together, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Dates:
    """Observations summed by reaction date, of one exchange.

    Attributes:
        day0: (G,) distinct reaction dates, ascending, as session indices.
        rows: (G,) an observation of each.
        total: (G, M) sum of normalised residuals.
        own: sum over observations of their squared norms: each is 1, or 0 without residuals.
    """

    day0: Ints
    rows: Ints
    total: Floats
    own: float


def residuals_by_date(history: History) -> list[Dates]:
    """Sum the normalised residuals of the observations by reaction date, for each exchange."""
    return [
        _by_date(history, np.flatnonzero(history.exchange == number))
        for number in range(len(history.sessions))
    ]


def mean_cross_correlation(
    history: History,
    columns: Sequence[Window],
    present: Bools | None = None,
    by_date: Sequence[Dates] | None = None,
) -> Floats:
    """Return r̄ (C,) of the observations for each tested window.

    `r̄ = (1/(N(N−1))) Σ_{i≠j} ω_ij r_ij`; a pair whose estimation windows are shifted against each
    other has its correlation scaled up by M over the days in common. NaN for fewer than 2
    observations.

    Args:
        history: N observations.
        columns: the C windows.
        present: (N, C) which observations count in a window; None for all.
        by_date: `residuals_by_date` of them, where it is known already.
    """
    answer = np.full(len(columns), np.nan)
    count = len(history.day0)
    there = np.ones((count, len(columns)), dtype=bool) if present is None else present
    whole = residuals_by_date(history) if by_date is None else by_date
    for chosen in alike(there):
        absent = np.flatnonzero(~there[:, chosen[0]])
        n = count - len(absent)
        if n < 2:
            continue
        own = [columns[column] for column in chosen]
        parts = [_without(one, history, absent, x) for x, one in enumerate(whole)]
        total = np.zeros(len(own))
        for one in parts:
            total += _within(one, own)
        for first, second in _couples(parts):
            total += 2.0 * _between(history, first, second, own)
        answer[chosen] = total / (n * (n - 1))
    return answer


def alike(present: Bools) -> Iterator[Ints]:
    """Yield the columns of (N, C) that have the same observations."""
    if present.all():
        yield np.arange(present.shape[1])
        return
    # By their bytes: np.unique over an axis sorts whole columns, a hundred times slower.
    together: dict[bytes, list[int]] = {}
    for column, there in enumerate(np.packbits(present.T, axis=1)):
        together.setdefault(there.tobytes(), []).append(column)
    for columns in together.values():
        yield np.array(columns)


def _normalised(history: History, rows: Ints) -> tuple[Floats, Floats]:
    """Return (n, M) z = e/√(Σe²), 0 where missing, and (n,) 1, or 0 without residuals."""
    z = history.residuals[rows]
    square = np.einsum("nm,nm->n", z, z)
    gaps = np.flatnonzero(np.isnan(square))
    if len(gaps):
        z[gaps] = np.nan_to_num(z[gaps])
        square[gaps] = np.einsum("nm,nm->n", z[gaps], z[gaps])
    there = square > 0
    z *= np.divide(1.0, np.sqrt(square), out=np.zeros_like(square), where=there)[:, None]
    return z, there.astype(np.float64)


def _by_date(history: History, rows: Ints) -> Dates:
    """Sum the normalised residuals of the observations of each reaction date."""
    order = rows[np.argsort(history.day0[rows], kind="stable")]
    day0, first, group = np.unique(history.day0[order], return_index=True, return_inverse=True)
    total, own = np.zeros((len(day0), len(history.estimation))), 0.0
    earliest = order[first]
    if history.abnormal.many:
        from backtest.engine.history_kernels import normalised_sums

        every, days = history.abnormal, len(history.estimation)
        # In the order of the rows, which keeps that within a date: a file is read once through.
        through = np.argsort(order)
        order, of = order[through], group[through]
        for piece, at in every.pieces(order):
            own += normalised_sums(every.whole, at, days, of[piece], total)
        return Dates(day0, earliest, total, own)
    for start in range(0, len(order), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        z, length = _normalised(history, order[part])
        starts = np.flatnonzero(np.diff(group[part], prepend=-1))
        total[group[part][starts]] += np.add.reduceat(z, starts, axis=0)
        own += float(length.sum())
    return Dates(day0, earliest, total, own)


def _without(dates: Dates, history: History, absent: Ints, exchange: int) -> Dates:
    """Take some observations out of the sums: they are few, and summing anew would copy all."""
    gone = absent[history.exchange[absent] == exchange]
    if not len(gone):
        return dates
    z, length = _normalised(history, gone)
    total = dates.total.copy()
    np.subtract.at(total, np.searchsorted(dates.day0, history.day0[gone]), z)
    return Dates(dates.day0, dates.rows, total, dates.own - float(length.sum()))


def _within(dates: Dates, columns: Sequence[Window]) -> Floats:
    """Sum ω r over ordered pairs of one exchange, by the lag between their reaction dates."""
    lengths = np.array([len(column) for column in columns])
    days = dates.total.shape[1]
    reach = min(int(lengths.max(initial=0)), days)
    answer = np.zeros(len(columns))
    dates = _without_gaps(dates)
    for lag in range(reach):
        later = np.searchsorted(dates.day0, dates.day0 + lag)
        found = later < len(dates.day0)
        found[found] = dates.day0[later[found]] == dates.day0[found] + lag
        at, then = _run(np.flatnonzero(found)), _run(later[found])
        # The same calendar day stands `lag` places further left for the later event.
        ours, theirs = dates.total[at, lag:], dates.total[then, : days - lag]
        product = np.einsum("gm,gm->", ours, theirs)
        pairs = product - dates.own if lag == 0 else 2.0 * product * days / (days - lag)
        answer += pairs * np.clip(lengths - lag, 0, None) / lengths
    return answer


def _without_gaps(dates: Dates) -> Dates:
    """Fill in dates without events where they are few: runs of dates need no copies then."""
    if not len(dates.day0):
        return dates
    first, last = int(dates.day0[0]), int(dates.day0[-1])
    span = last - first + 1
    if span == len(dates.day0) or span > 2 * len(dates.day0):
        return dates
    total = np.zeros((span, dates.total.shape[1]))
    total[dates.day0 - first] = dates.total
    return Dates(np.arange(first, last + 1), dates.rows, total, dates.own)


def _run(rows: Ints) -> Ints | slice:
    """Return ascending rows as a slice where none is left out, so that they need no copy."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _couples(parts: Sequence[Dates]) -> Iterator[tuple[Dates, Dates]]:
    """Yield each pair of exchanges that have events."""
    filled = [part for part in parts if len(part.day0)]
    for place, first in enumerate(filled):
        for second in filled[place + 1 :]:
            yield first, second


def _between(history: History, one: Dates, other: Dates, columns: Sequence[Window]) -> Floats:
    """Sum ω r over pairs of events on two exchanges, whose sessions differ."""
    answer = np.zeros(len(columns))
    window, days = history.window, len(history.estimation)
    ours, theirs = history.dates(one.rows, window), history.dates(other.rows, window)
    for at, dates in enumerate(ours):
        near = np.flatnonzero((theirs[:, 0] <= dates[-1]) & (theirs[:, -1] >= dates[0]))
        for then in near:
            shared = _shared(dates, theirs[then], window, columns)
            if not shared.any():
                continue
            estimation = history.dates(
                np.array([one.rows[at], other.rows[then]]), history.estimation
            )
            _, left, right = np.intersect1d(*estimation, return_indices=True)
            if len(left):
                product = float(one.total[at, left] @ other.total[then, right])
                answer += shared * product * days / len(left)
    return answer


def _shared(dates: Ints, others: Ints, window: Window, columns: Sequence[Window]) -> Floats:
    """Return (C,) the share of each tested window's dates that two events have in common."""
    out = np.empty(len(columns))
    for number, column in enumerate(columns):
        days = column.within(window)
        out[number] = np.isin(dates[days], others[days]).sum() / len(column)
    return out
