"""Chosen on what was known, judged on what came after: a split by announcement date.

The announcements are cut by date into K + 1 parts of about as many. At the start of each part but
the first, the strategy with the highest t of its mean net return is chosen among those with trades
enough, from trades that were over by then; what it earned on the part's own announcements is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints

FEWEST = 5
"""Trades a strategy must have behind it to be chosen."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One choice.

    Attributes:
        start, end: announcements of [start, end) judge it; sessions.
        chosen: the cell; None where none had trades enough.
        behind, ahead: its trades before and in the part.
        t: of its mean net return before.
        before, after: its mean net return a trade, before and in the part; NaN for no trades.
        median_after: of all cells that traded in the part.
        beaten: share of the other cells that it was better than in the part; NaN for none.
    """

    start: int
    end: int
    chosen: int | None
    behind: int = 0
    ahead: int = 0
    t: float = float("nan")
    before: float = float("nan")
    after: float = float("nan")
    median_after: float = float("nan")
    beaten: float = float("nan")


def walk_forward(
    value: Floats, cell: Ints, announced: Ints, over: Ints, cells: int, folds: int
) -> list[Fold]:
    """Choose a cell at the start of each of `folds` parts and judge it there.

    Args:
        value: (N,) net return of each trade.
        cell: (N,) the cell it is of.
        announced: (N,) session on which its event reacts.
        over: (N,) session on which it was left.
        cells: C.
        folds: K.
    """
    days = np.unique(announced)
    if len(days) <= folds:
        return []
    # Parts of as many dates, not trades: cells differ in trades and share the dates.
    starts = [int(part[0]) for part in np.array_split(days, folds + 1)][1:]
    ends = [*starts[1:], int(days[-1]) + 1]
    return [
        _fold(value, cell, announced, over, cells, start, end)
        for start, end in zip(starts, ends, strict=True)
    ]


def t_of(value: Floats, cell: Ints, cells: int) -> tuple[Ints, Floats, Floats]:
    """Return (C,) trades, mean and t of the mean of each cell; NaN where not defined."""
    n = np.bincount(cell, minlength=cells)
    size = np.maximum(n, 1)
    mean = np.bincount(cell, value, cells) / size
    squares = np.bincount(cell, (value - mean[cell]) ** 2, cells)
    error = np.sqrt(squares / np.maximum(n - 1, 1) / size)
    t = np.where((n > 1) & (error > 0), mean / np.where(error > 0, error, 1.0), np.nan)
    return n, np.where(n > 0, mean, np.nan), t


def _fold(
    value: Floats, cell: Ints, announced: Ints, over: Ints, cells: int, start: int, end: int
) -> Fold:
    def part(where: Bools) -> tuple[Ints, Floats, Floats]:
        return t_of(value[where], cell[where], cells)

    behind, before, t = part((announced < start) & (over < start))
    ahead, after, _ = part((announced >= start) & (announced < end))
    able = np.flatnonzero((behind >= FEWEST) & np.isfinite(t))
    if not len(able):
        return Fold(start, end, None)
    chosen = int(able[np.argmax(t[able])])
    others = after[np.isfinite(after) & (np.arange(cells) != chosen)]
    judged = bool(ahead[chosen])
    return Fold(
        start,
        end,
        chosen,
        behind=int(behind[chosen]),
        ahead=int(ahead[chosen]),
        t=float(t[chosen]),
        before=float(before[chosen]),
        after=float(after[chosen]),
        median_after=float(np.nanmedian(after)) if np.isfinite(after).any() else float("nan"),
        beaten=float((others < after[chosen]).mean()) if judged and len(others) else float("nan"),
    )
