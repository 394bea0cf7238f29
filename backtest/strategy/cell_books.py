"""Returns and Sharpe ratios of many books at once, each over its own sessions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.strategy.daily_cells import daily_by_cell
from backtest.strategy.kernel import Trades
from backtest.strategy.ratios import FEWEST
from backtest.strategy.session_returns import returns_of


@dataclass(frozen=True, slots=True)
class CellBooks:
    """C books.

    Attributes:
        returns: (C, S) net profit of each session over the equity before it, NaN from the session
            on that leaves no equity.
        first, last: (C,) sessions of the first entry and the last exit; 0 and −1 without a trade.
    """

    returns: Floats
    first: Ints
    last: Ints

    @property
    def sessions(self) -> Ints:
        """How many sessions (C,) each book has."""
        return self.last - self.first + 1

    def of(self, cell: int) -> Floats:
        """Return the returns of a book, from its first entry to its last exit."""
        return self.returns[cell, self.first[cell] : self.last[cell] + 1]

    @property
    def sharpe(self) -> Floats:
        """Sharpe ratio (C,) of a session, as `ratios.sharpe` has it; NaN where there is none."""
        session = np.arange(self.returns.shape[1])
        own = (session >= self.first[:, None]) & (session <= self.last[:, None])
        values = np.where(own, self.returns, 0.0)
        count = self.sessions
        mean = values.sum(axis=1) / np.maximum(count, 1)
        squares = np.where(own, values - mean[:, None], 0.0) ** 2
        spread = np.sqrt(squares.sum(axis=1) / np.maximum(count - 1, 1))
        largest = np.abs(values).max(axis=1, initial=0.0)
        known = (count >= FEWEST) & (spread > 1e-12 * largest)
        return np.where(known, mean / np.where(known, spread, 1.0), np.nan)


def books_of(made: Trades, cell: Ints, cells: int, capital: float) -> CellBooks:
    """Return the book of each cell, all its trades taken.

    Args:
        made: N trades.
        cell: (N,) the cell of each, from 0.
        cells: C.
        capital: of each cell at the start.
    """
    went = made.traded
    first, last = np.full(cells, made.bars.shape[1]), np.full(cells, -1)
    for leg in (made.main, made.hedge):
        np.maximum.at(last, cell[went], leg.sessions[1][went])
    np.minimum.at(first, cell[went], made.main.sessions[0][went])
    first = np.where(last < 0, 0, first)
    returns, _ = returns_of(daily_by_cell(made, cell, cells), capital)
    return CellBooks(returns, first, last)
