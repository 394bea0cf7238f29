"""One book: which trades the capital admits, and what the book is worth on every session."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.strategy.bars import TradeBars
from backtest.strategy.kernel import Trades, daily
from backtest.strategy.leg import overnight
from backtest.strategy.orders import Orders
from backtest.strategy.schema import Capital

MARGIN_LONG, MARGIN_SHORT = 0.25, 0.30
"""Equity that a broker wants for each unit of money long and short (FINRA rule 4210)."""

HELD = "the security is held already"
FULL = "no room: as many trades as may be are open"
SPENT = "no capital left: what is open and this come to more than may be"
LARGE = "too large: it alone comes to more than may be at work (capital: {max_gross})"


def admitted(rule: Capital, capital: float, orders: Orders, made: Trades, group: Ints) -> list[str]:
    """Return why each order is not taken, "" where it is.

    Orders are looked at by the auction of their entry, then as they stand. A position gives its
    money back in the auction after the one it is left in, for its proceeds are not known before.
    What is open counts with the money it was entered with, its hedge too.

    Args:
        rule: how much may be at work at once.
        capital: at the start.
        orders: N orders.
        made: what becomes of them alone.
        group: (N,) orders of one number are taken together or not at all.
    """
    reasons = [""] * len(orders)
    money = orders.notional * (1.0 + np.abs(orders.hedge_ratio) * (orders.hedge_security >= 0))
    left = np.maximum(made.main.exit, made.hedge.exit).tolist()
    entry = orders.entry.tolist()
    open_: list[int] = []
    for members in _in_order(entry, made, group):
        now = min(entry[one] for one in members)
        open_ = [one for one in open_ if left[one] >= now]
        why = _refused(rule, capital, orders, money, open_, members)
        if why:
            for one in members:
                reasons[one] = why
        else:
            open_ += members
    return reasons


def _in_order(entry: list[int], made: Trades, group: Ints) -> list[list[int]]:
    """Return the orders that were filled, those of a group together, by their first entry."""
    together: dict[int, list[int]] = {}
    for one in np.flatnonzero(made.traded).tolist():
        together.setdefault(int(group[one]), []).append(one)
    return sorted(together.values(), key=lambda some: min(entry[one] for one in some))


def _refused(
    rule: Capital, capital: float, orders: Orders, money: Floats, held: list[int], new: list[int]
) -> str:
    securities = orders.security[new].tolist()
    if rule.overlap == "skip" and set(securities) & set(orders.security[held].tolist()):
        return HELD
    if rule.max_positions is not None and len(held) + len(new) > rule.max_positions:
        return FULL
    wanted = float(money[new].sum())
    # A rounding error must not turn ten tenths of the capital away.
    most = rule.max_gross * capital * (1.0 + 1e-9)
    if wanted > most:
        return LARGE
    return SPENT if float(money[held].sum()) + wanted > most else ""


@dataclass(frozen=True, slots=True)
class Equity:
    """A book by session, each (S,), in money.

    Attributes:
        pnl: profit and loss of the session, costs taken off.
        equity: what the book is worth at the close.
        cash: the part of it that is not in positions; a short sale adds to it.
        long, short: value of the positions at the close, neither negative.
        within: money put into positions opened and left on the session; no close has them.
        margin: equity that a broker would want for all of these.
        positions: trades that are open at the close.
        traded: money bought and sold on the session, hedges too.
    """

    pnl: Floats
    equity: Floats
    cash: Floats
    long: Floats
    short: Floats
    within: Floats
    margin: Floats
    positions: Ints
    traded: Floats

    @property
    def at_work(self) -> Floats:
        """Return the gross money in positions, of the close and of the session alone."""
        return self.long + self.short + self.within

    @property
    def drawdown(self) -> Floats:
        """Return how far equity is below its highest before, a decimal, not positive."""
        start = self.equity[:1] - self.pnl[:1]
        highest = np.maximum.accumulate(np.concatenate([start, self.equity]))[1:]
        return np.asarray(self.equity / highest - 1.0)


def equity_of(made: Trades, capital: float) -> Equity:
    """Mark a book to market on every session of its bars."""
    pnl = daily(made)
    worth = capital + np.cumsum(pnl)
    long, short = np.zeros(len(pnl)), np.zeros(len(pnl))
    bought, sold, traded = (np.zeros(len(pnl)) for _ in range(3))
    marks = np.nan_to_num(made.bars.marks)
    for leg in (made.main, made.hedge):
        # Held at a close is what is held into the session behind it.
        held = overnight(leg, made.bars)[:, 1:]
        value = held * marks
        long += np.where(value > 0, value, 0.0).sum(axis=0)
        short -= np.where(value < 0, value, 0.0).sum(axis=0)
        first, last = leg.sessions
        money = np.where(leg.closed & (first == last), leg.shares * leg.entry_price, 0.0)
        np.add.at(bought, first, np.maximum(money, 0.0))
        np.add.at(sold, first, np.maximum(-money, 0.0))
        np.add.at(traded, first, np.abs(leg.shares) * leg.entry_price)
        np.add.at(traded, last, np.where(leg.closed, np.abs(leg.shares) * leg.exit_price, 0.0))
    return Equity(
        pnl,
        worth,
        worth - long + short,
        long,
        short,
        bought + sold,
        MARGIN_LONG * (long + bought) + MARGIN_SHORT * (short + sold),
        _open(made, made.bars),
        traded,
    )


def _open(made: Trades, bars: TradeBars) -> Ints:
    change = np.zeros(bars.shape[1], dtype=np.int64)
    first, last = made.main.sessions
    np.add.at(change, first[made.traded], 1)
    np.add.at(change, last[made.main.closed], -1)
    return np.cumsum(change)
