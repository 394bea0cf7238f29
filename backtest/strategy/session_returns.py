"""Returns of a book by session: what it earned over what it was worth before."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Bools, Floats


def returns_of(pnl: Floats, capital: float) -> tuple[Floats, Bools]:
    """Return (..., S) profit over the equity before each session, and where there was equity left.

    A return over nothing, or over what is owed, means nothing. So from the first session on that
    leaves no equity every return is NaN, and the second array is false, though later profit should
    lift it again: a broker would have closed the book.

    Args:
        pnl: (..., S) profit and loss.
        capital: before the first session.
    """
    worth = capital + np.cumsum(pnl, axis=-1)
    alive = np.logical_and.accumulate(worth > 0.0, axis=-1)
    return np.where(alive, pnl / np.where(alive, worth - pnl, 1.0), np.nan), alive
