"""One side of a round trip, as arrays: what is held between two auctions, and what it made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import YEAR, Costs

Charged = tuple[Floats, Floats, Floats]
"""Commission, spread and impact of one fill, each (N,)."""


@dataclass(frozen=True, slots=True)
class Leg:
    """N positions, each (N,).

    Attributes:
        row: row of the bars; 0 where nothing is held.
        shares: held, negative for short; 0 where nothing is.
        entry, exit: auctions of the fills.
        entry_price, exit_price: prices of the fills, the last close where `closed` is false.
        closed: whether the exit was filled.
    """

    row: Ints
    shares: Floats
    entry: Ints
    exit: Ints
    entry_price: Floats
    exit_price: Floats
    closed: Bools

    @property
    def sessions(self) -> tuple[Ints, Ints]:
        """Entry and exit sessions."""
        return self.entry // 2, self.exit // 2

    def moved(self) -> Floats:
        """Return what the price made, in money."""
        return np.asarray(self.shares * (self.exit_price - self.entry_price))

    def dividends(self, bars: TradeBars) -> Floats:
        """Return dividends that went ex while held over the night before; short ones are paid."""
        first, last = self.sessions
        paid = bars.paid[self.row, last] - bars.paid[self.row, first]
        return np.asarray(self.shares * paid)

    def borrowed(self, bars: TradeBars, costs: Costs) -> Floats:
        """Return the borrow fee: of the value at each close, for the days to the next session."""
        short = np.maximum(-self.shares, 0.0)
        if not costs.borrow or not short.any():
            return np.zeros(len(self.row))
        days = np.zeros((bars.shape[0], bars.shape[1] + 1))
        np.cumsum(np.nan_to_num(bars.marks) * bars.nights, axis=1, out=days[:, 1:])
        first, last = self.sessions
        return np.asarray(short * (days[self.row, last] - days[self.row, first]) * _a_day(costs))

    def charged(self, costs: Costs) -> tuple[Charged, Charged]:
        """Return the costs of the entries and of the exits; an exit not filled costs nothing."""
        first, last = self.sessions
        into = _charged(costs, self.row, first, np.abs(self.shares) * self.entry_price)
        value = np.where(self.closed, np.abs(self.shares) * self.exit_price, 0.0)
        return into, _charged(costs, self.row, last, value)


def _a_day(costs: Costs) -> float:
    return costs.borrow / YEAR


def _charged(costs: Costs, row: Ints, session: Ints, value: Floats) -> Charged:
    spread = costs.half_spread
    half = spread[row, session] if isinstance(spread, np.ndarray) else spread
    impact = np.zeros(len(row))
    if costs.impact is not None:
        impact = np.nan_to_num(costs.impact[row, session]) * value * np.sqrt(value)
    return costs.commission * value, np.asarray(half * value), impact


def daily_of(leg: Leg, bars: TradeBars, costs: Costs) -> Floats:
    """Return (S,) what the positions made on each session, costs taken off.

    A position is valued at every close it is held over, at its fills on the first and last session.
    """
    held = overnight(leg, bars)[:, :-1]
    marks = np.nan_to_num(bars.marks)
    change = np.diff(marks, axis=1, prepend=marks[:, :1])
    out = (held * (change + np.nan_to_num(bars.dividend))).sum(axis=0)
    first, last = leg.sessions
    into, out_of = leg.charged(costs)
    begun = leg.shares * (marks[leg.row, first] - leg.entry_price) - sum(into)
    ended = leg.shares * (leg.exit_price - marks[leg.row, last]) - sum(out_of)
    np.add.at(out, first, begun)
    np.add.at(out, last, ended)
    if costs.borrow:
        short = np.zeros(bars.shape)
        sold = np.maximum(-leg.shares, 0.0)
        np.add.at(short, (leg.row, first), sold)
        np.add.at(short, (leg.row, last), -sold)
        lent = np.cumsum(short, axis=1) * marks * bars.nights * _a_day(costs)
        out -= lent.sum(axis=0)
    return np.asarray(out)


def overnight(leg: Leg, bars: TradeBars) -> Floats:
    """Return (P, S + 1) shares held from the close before into each session, and after the last."""
    first, last = leg.sessions
    held = np.zeros((bars.shape[0], bars.shape[1] + 1))
    there, opened = np.zeros(held.shape, dtype=np.int64), leg.shares != 0.0
    for session, sign, some in ((first, 1, opened), (last, -1, opened & leg.closed)):
        np.add.at(held, (leg.row, session + 1), np.where(some, sign * leg.shares, 0.0))
        np.add.at(there, (leg.row, session + 1), np.where(some, sign, 0))
    # Shares of several trades do not sum to nothing exactly; where none is open, nothing is held.
    return np.where(np.cumsum(there, axis=1) > 0, np.cumsum(held, axis=1), 0.0)
