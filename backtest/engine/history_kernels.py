"""Machine code for sample tests that look at the days before each event (`History`).

Rows are read where they lie, `whole[chosen[i]]` being those of observation i, and every pass reads
each of them once. Arrays are contiguous: a slice of columns is given whole and read in part. This
file imports numba; whoever may do without asks `machine_code`.
"""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.jit import compiled, compiled_sums
from backtest.engine.ranks import Ranks


@compiled_sums
def normalised_sums(whole: Floats, chosen: Ints, days: int, group: Ints, total: Floats) -> float:
    """Add e/√(Σe²) of each row's first days to its group's sums; return how many rows had any.

    Args:
        whole: (·, ≥ M) residuals, NaN where missing.
        chosen: (n,) the observations' rows.
        days: M.
        group: (n,) of each.
        total: (G, M) added to.
    """
    residual = np.empty(days)
    counted = 0.0
    for i in range(len(chosen)):
        row, square = whole[chosen[i]], 0.0
        for m in range(days):
            one = row[m]
            residual[m] = one if np.isfinite(one) else 0.0
            square += residual[m] * residual[m]
        if square > 0.0:
            scale, to = 1.0 / np.sqrt(square), total[group[i]]
            for m in range(days):
                to[m] += residual[m] * scale
            counted += 1.0
    return counted


@compiled
def count_days(whole: Ranks, chosen: Ints, width: int, known: Ints) -> None:
    """Write (n,) how many of each row's first days have a rank."""
    for i in range(len(chosen)):
        row, count = whole[chosen[i]], np.int32(0)
        for t in range(width):
            count += np.int32(row[t] != 0)
        known[i] = count


@compiled_sums
def shares(whole: Floats, chosen: Ints, days: int, positive: Floats, missing: Floats) -> None:
    """Write (n,) the share of known days that are positive, and of all columns that are missing.

    Args:
        whole: (·, T) abnormal returns, NaN where missing.
        chosen: (n,) the observations' rows.
        days: how many columns are the estimation window, of which the first share is taken.
        positive, missing: (n,) written.
    """
    width = whole.shape[1]
    for i in range(len(chosen)):
        row, above, known, every = whole[chosen[i]], 0.0, 0.0, 0.0
        for t in range(days):
            above += 1.0 if row[t] > 0.0 else 0.0
            known += 1.0 if np.isfinite(row[t]) else 0.0
        for t in range(days, width):
            every += 1.0 if np.isfinite(row[t]) else 0.0
        positive[i] = above / known if known > 0.0 else np.nan
        missing[i] = 1.0 - (known + every) / width


@compiled_sums
def weighted_sums(whole: Ranks, chosen: Ints, weight: Floats, total: Floats) -> None:
    """Add the rows' ranks times their weights to (T,)."""
    for i in range(len(chosen)):
        row = whole[chosen[i]]
        for t in range(len(total)):
            total[t] += weight[i] * row[t]


@compiled_sums
def day_sums(whole: Floats, chosen: Ints, total: Floats, count: Floats) -> None:
    """Add the rows' known days to (M,) sums and counts."""
    for i in range(len(chosen)):
        row = whole[chosen[i]]
        for m in range(len(total)):
            known = np.isfinite(row[m])
            total[m] += row[m] if known else 0.0
            count[m] += 1.0 if known else 0.0


@compiled_sums
def portfolio_sums(
    whole: Floats,
    chosen: Ints,
    group: Ints,
    weight: Floats,
    ratio: Floats,
    residual: Floats,
    residual_weight: Floats,
    event: Floats,
    event_weight: Floats,
    leverage: Floats,
    size: Floats,
) -> None:
    """Add up the observations of each reaction date, weighted, as a calendar-time portfolio does.

    Args:
        whole: (·, M + L) abnormal returns, NaN where missing.
        chosen: (n,) the observations' rows.
        group, weight: (n,) of each.
        ratio: (n, L) forecast variance over s².
        residual, residual_weight: (G, M) added to.
        event, event_weight, leverage, size: (G, L) added to.
    """
    days = residual.shape[1]
    for i in range(len(chosen)):
        row, g, own = whole[chosen[i]], group[i], weight[i]
        for m in range(days):
            known = np.isfinite(row[m])
            residual[g, m] += own * row[m] if known else 0.0
            residual_weight[g, m] += own if known else 0.0
        for t in range(event.shape[1]):
            value = row[days + t]
            if np.isfinite(value):
                event[g, t] += own * value
                event_weight[g, t] += own
                size[g, t] += 1.0
                if np.isfinite(ratio[i, t]):
                    leverage[g, t] += own * ratio[i, t]


@compiled
def generalized_ranks(
    whole: Floats,
    own_ranks: Ranks,
    chosen: Ints,
    value: Floats,
    known: Ints,
    weight: Floats,
    narrow: Ranks,
    counted: Ranks,
    most: int,
    higher: Floats,
    moved: Floats,
) -> None:
    """Place each event among its days, and count how far the days move up for it.

    As in `_generalized_ranks._above`, without its correction for events of exactly zero. Rows that
    follow each other with one weight are counted in narrow whole numbers, many at a time.

    Args:
        whole: (·, ≥ M) residuals, and own_ranks: (·, ≥ M) twice their ranks.
        chosen: (n,) the observations' rows.
        value: (n, C) the events on the residuals' scale, NaN for one that does not count.
        known: (n,) days of each that are not missing.
        weight: (n,) of each.
        narrow: (M + 1,) and counted: (C, M) room, of the type that ranks are compared in.
        most: rows that a count can hold.
        higher: (n, C) written.
        moved: (C, M) added to.
    """
    columns, days = counted.shape
    pending = 0
    for i in range(len(chosen)):
        row, ranks = whole[chosen[i]], own_ranks[chosen[i]]
        for m in range(days):
            narrow[m] = (ranks[m] + 1) >> 1
        for c in range(columns):
            event, below = value[i, c], 0
            for m in range(days):
                below += row[m] <= event
            higher[i, c] = known[i] - below
            limit = known[i] if np.isnan(event) else below
            narrow[days] = limit
            edge, own = narrow[days], counted[c]
            for m in range(days):
                own[m] += narrow[m] > edge
        pending += 1
        if pending == most or i + 1 == len(chosen) or weight[i + 1] != weight[i]:
            for c in range(columns):
                for m in range(days):
                    moved[c, m] += weight[i] * counted[c, m]
                    counted[c, m] = 0
            pending = 0


@compiled_sums
def portfolio_squares(
    residual: Floats, weight: Floats, members: Ints, ends: Ints, squares: Floats, days: Floats
) -> None:
    """Write each portfolio's sum of squared mean residuals over the days all its members have.

    Args:
        residual, weight: (G, T) weighted residuals by date, and the weights behind them.
        members: the groups of each portfolio, one portfolio after the other.
        ends: (D,) where each ends.
        squares: (D,) written.
        days: (D,) how many days there are in common, written.
    """
    length = residual.shape[1]
    total, heavy, common = np.empty(length), np.empty(length), np.empty(length)
    start = 0
    for d in range(len(ends)):
        total[:], heavy[:], common[:] = 0.0, 0.0, 1.0
        for place in range(start, ends[d]):
            own, mass = residual[members[place]], weight[members[place]]
            for t in range(length):
                total[t] += own[t]
                heavy[t] += mass[t]
                common[t] *= 1.0 if mass[t] > 0.0 else 0.0
        square, count = 0.0, 0.0
        for t in range(length):
            if common[t] > 0.0:
                one = total[t] / heavy[t]
                square += one * one
                count += 1.0
        squares[d], days[d] = square, count
        start = ends[d]
