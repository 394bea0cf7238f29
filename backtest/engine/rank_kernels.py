"""Machine code for what compares each observation's days: ranks, and the place of a CAR.

Ranks come from one sort of narrow whole numbers: the place of a value between the smallest and the
largest of its row, in two million steps, and the number of its day. Days of one step, and those
near the edge of two, are compared as they are.
This file imports numba; whoever may do without asks `machine_code`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.jit import compiled
from backtest.engine.ranks import DAY_BITS, TIE, Ranks

Keys = NDArray[np.int32]

_DAY = (1 << DAY_BITS) - 1
_STEPS = float((1 << (31 - DAY_BITS)) - 1)


@compiled
def keys_of(history: Floats, at: Ints, odd: Bools, keys: Keys) -> None:
    """Write (n, T) whole numbers that sort as the days of rows `at` do, with their days in them.

    Subtracting, multiplying and cutting off never turn the order of two values round.
    """
    for i in range(len(at)):
        if odd[i]:
            continue
        row = history[at[i]]
        low, high = row[0], row[0]
        for value in row:
            low, high = min(low, value), max(high, value)
        scale = _STEPS / (high - low) if high > low else 0.0
        if not np.isfinite(scale):  # Nearly all alike, or too far apart to be subtracted.
            scale = 0.0
        for t in range(len(row)):
            step = np.int32((row[t] - low) * scale) if scale > 0.0 else np.int32(0)
            keys[i, t] = (step << DAY_BITS) | np.int32(t)


@compiled
def place(keys: Keys, history: Floats, at: Ints, odd: Bools, ranks: Ranks, own: Ranks) -> None:
    """Write twice the mid-ranks of each row, over all days and over those of the estimation window.

    Args:
        keys: (n, T) of `keys_of`, each row sorted; rows of close values are put in order.
        history: (·, T).
        at: (n,) row of each in `history`, `ranks` and `own`.
        odd: (n,) which to leave out.
        ranks: (·, T) written.
        own: (·, M) written.
    """
    days, every = own.shape[1], keys.shape[1]
    within = np.empty(every, dtype=own.dtype)
    for i in range(len(at)):
        if odd[i]:
            continue
        key, to = keys[i], at[i]
        close = 0
        for one in range(1, every):
            close += (key[one] >> DAY_BITS) - (key[one - 1] >> DAY_BITS) <= 1
        if close and _any_near(key, history[to]):
            _with_close(key, history[to], ranks[to], own[to])
            continue
        seen = 0
        for one in range(every):
            t = key[one] & _DAY
            seen += 2 * (t < days)
            ranks[to, t] = 2 * one + 2
            within[t] = seen
        own[to] = within[:days]


@compiled
def _any_near(key: Keys, values: Floats) -> bool:
    """Whether days of a sorted row may be out of order or equal; rather too often."""
    last = len(key) - 1
    width = 2.0 * TIE * values[key[last] & _DAY] - 2.0 * TIE * values[key[0] & _DAY]
    for one in range(1, len(key)):
        steps = (key[one] >> DAY_BITS) - (key[one - 1] >> DAY_BITS)
        if steps == 0:
            return True
        if steps == 1 and values[key[one] & _DAY] - values[key[one - 1] & _DAY] <= width:
            return True
    return False


@compiled
def _with_close(key: Keys, values: Floats, ranks: Ranks, own: Ranks) -> None:
    """Rank a row of which some days are in one step, or in steps that follow each other."""
    low, high = values[0], values[0]
    for value in values:
        low, high = min(low, value), max(high, value)
    width = high * TIE - low * TIE
    seen, begin = 0, 0
    while begin < len(key):
        end = begin + 1
        while end < len(key) and (key[end] >> DAY_BITS) - (key[end - 1] >> DAY_BITS) <= 1:
            end += 1
        seen = _close(key, begin, end, seen, width, values, ranks, own)
        begin = end


@compiled
def _close(
    key: Keys,
    begin: int,
    end: int,
    seen: int,
    width: float,
    values: Floats,
    ranks: Ranks,
    own: Ranks,
) -> int:
    """Rank days whose steps follow each other; return how many of the estimation window were."""
    for one in range(begin + 1, end):
        held, back = key[one], one
        while back > begin and values[key[back - 1] & _DAY] > values[held & _DAY]:
            key[back] = key[back - 1]
            back -= 1
        key[back] = held
    first = begin
    while first < end:
        last, inside = first, 0
        while last < end and (
            last == first or values[key[last] & _DAY] - values[key[last - 1] & _DAY] <= width
        ):
            inside += (key[last] & _DAY) < len(own)
            last += 1
        for one in range(first, last):
            t = key[one] & _DAY
            ranks[t] = first + 1 + last
            if t < len(own):
                own[t] = 2 * seen + 1 + inside
        seen += inside
        first = last
    return seen


@compiled
def quantile_ranks(
    history: Floats, car: Floats, cars: Ints, at: Ints, odd: Bools, days: int, rank: Ints
) -> None:
    """Write (·, W) the place of each CAR among as long sums of estimation residuals.

    As in `sample_quantile`: 0 where a window is longer than the estimation window.
    """
    sums = np.zeros(days + 1)
    following = sums[1:]
    for i in range(len(at)):
        if odd[i]:
            continue
        to = at[i]
        residual = history[to]
        total, least, most = 0.0, residual[0], residual[0]
        for m in range(days):
            total += residual[m]
            following[m] = total
            least, most = min(least, residual[m]), max(most, residual[m])
        for w in range(len(cars)):
            length, value = cars[w, 1] - cars[w, 0], car[to, w]
            near = length * (most * TIE - least * TIE)
            above, below = value + near, value - near
            if length > days:
                rank[to, w] = 0
                continue
            low, high = 0, 0
            if length == 1:
                for m in range(days):
                    low += residual[m] <= above
                    high += residual[m] >= below
            else:
                # Slices, because an index that is a sum might be negative, and is asked each time.
                last, before = sums[length:], sums[: days - length + 1]
                for m in range(len(before)):
                    one = last[m] - before[m]
                    low += one <= above
                    high += one >= below
            rank[to, w] = min(low, high) + 1
