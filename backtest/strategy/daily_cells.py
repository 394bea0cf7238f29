"""Profit and loss by session of many books at once, from one list of trades.

A trade of K sessions becomes K + 1 numbers, each with its session, and one count over (cell,
session) sums them. `kernel.daily` is the same for one book, made by other means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import YEAR, Costs
from backtest.strategy.kernel import Trades
from backtest.strategy.leg import Leg

_AT_ONCE = 4_000_000
"""Trade × session numbers in memory at a time."""


def daily_by_cell(made: Trades, cell: Ints, cells: int) -> Floats:
    """Return (C, S) profit and loss of each cell by session, marked to market, costs taken off.

    Args:
        made: N trades.
        cell: (N,) the cell of each, from 0.
        cells: C.
    """
    rates = _Rates.of(made.bars, made.costs)
    sessions = made.bars.shape[1]
    out = np.zeros(cells * sessions)
    for leg in (made.main, made.hedge):
        charges = np.array([np.sum(one, axis=0) for one in leg.charged(made.costs)])
        for some in _pieces(leg):
            _add(out, leg, some, cell, rates, charges)
    return out.reshape(cells, sessions)


@dataclass(frozen=True, slots=True)
class _Rates:
    """What a share makes and costs on each session, all (P, S).

    Attributes:
        marks: closes to value positions at, 0 before the first.
        change: of a share held over the session, with its dividend.
        fee: for a borrowed share held over the night behind the session; None for none.
    """

    marks: Floats
    change: Floats
    fee: Floats | None

    @classmethod
    def of(cls, bars: TradeBars, costs: Costs) -> _Rates:
        marks = np.nan_to_num(bars.marks)
        change = np.diff(marks, axis=1, prepend=0.0) + np.nan_to_num(bars.dividend)
        fee = marks * bars.nights * (costs.borrow / YEAR) if costs.borrow else None
        return cls(marks, change, fee)


def _pieces(leg: Leg) -> list[Ints]:
    """Return the positions that hold anything, in pieces of bounded size."""
    held = np.flatnonzero(leg.shares != 0.0)
    first, last = leg.sessions
    spans = np.cumsum(last[held] - first[held] + 1)
    pieces = int(spans[-1] // _AT_ONCE) + 1 if len(held) else 0
    cuts = np.searchsorted(spans, np.arange(1, pieces) * _AT_ONCE)
    return np.split(held, cuts) if pieces else []


def _add(out: Floats, leg: Leg, some: Ints, cell: Ints, rates: _Rates, charges: Floats) -> None:
    """Add what some positions made on each session they were held to the flat (C · S) sums.

    Args:
        out: (C · S) sums.
        leg: N positions.
        some: which of them.
        cell: (N,) the cell of each.
        rates: what a share makes and costs.
        charges: (2, N) costs of the entries and of the exits.
    """
    first, last = (one[some] for one in leg.sessions)
    row, shares = leg.row[some], leg.shares[some]
    length = last - first + 1
    end = np.cumsum(length)
    begin = end - length
    which = np.repeat(np.arange(len(some)), length)
    session = np.arange(len(which)) + (first - begin)[which]
    # One flat place instead of a pair is read twice as fast.
    sessions = rates.marks.shape[1]
    place = (row * sessions)[which] + session
    made = rates.change.ravel()[place]
    # The first session counts from the fill, and its dividend went to who held before.
    made[begin] = rates.marks[row, first] - leg.entry_price[some]
    made[end - 1] += leg.exit_price[some] - rates.marks[row, last]
    made *= shares[which]
    if rates.fee is not None:
        lent = np.maximum(-shares, 0.0)[which] * rates.fee.ravel()[place]
        lent[end - 1] = 0.0
        made -= lent
    into, out_of = charges[:, some]
    made[begin] -= into
    made[end - 1] -= out_of
    out += np.bincount((cell[some] * sessions)[which] + session, made, len(out))
