"""Round trips on daily bars: arrays in, arrays out, no loop over orders.

An order is entered in the auction it names or not at all. It is left in the auction it names, or
the first one after it that fills; where a close reaches its stop or target, at the open of the
session after that close. What is still held where the prices end is valued at the last close.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.strategy import status
from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import FREE, Costs
from backtest.strategy.fills import Fillable
from backtest.strategy.leg import Leg, daily_of
from backtest.strategy.orders import Orders


@dataclass(frozen=True, slots=True)
class Trades:
    """What became of N orders, each (N,); all money is 0 where there was no trade.

    Attributes:
        bars, costs: what they were traded on.
        status: a code of `backtest.strategy.status`.
        main, hedge: the positions.
        moved: money made by the price.
        dividends: received, or paid where short.
        gross: `moved` + `dividends`.
        hedge_pnl: the same of the hedge.
        hedged: `gross` + `hedge_pnl`.
        commission, spread, impact, borrow: costs of both positions, not negative.
        net: `hedged` less all costs.
    """

    bars: TradeBars
    costs: Costs
    status: Ints
    main: Leg
    hedge: Leg
    moved: Floats
    dividends: Floats
    hedge_pnl: Floats
    commission: Floats
    spread: Floats
    impact: Floats
    borrow: Floats

    @property
    def traded(self) -> Bools:
        """Which orders became positions."""
        return status.is_trade(self.status)

    @property
    def gross(self) -> Floats:
        """Price and dividends of the position itself."""
        return np.asarray(self.moved + self.dividends)

    @property
    def hedged(self) -> Floats:
        """The same with its hedge."""
        return np.asarray(self.gross + self.hedge_pnl)

    @property
    def cost(self) -> Floats:
        """All costs."""
        return np.asarray(self.commission + self.spread + self.impact + self.borrow)

    @property
    def net(self) -> Floats:
        """What is left."""
        return np.asarray(self.hedged - self.cost)


def trade(
    bars: TradeBars, orders: Orders, costs: Costs = FREE, *, fillable: Fillable | None = None
) -> Trades:
    """Trade N orders.

    Args:
        bars: P securities on S sessions.
        orders: N orders; entries and exits may lie outside the sessions.
        costs: what trading costs.
        fillable: `Fillable.of(bars)`, where many calls share it.
    """
    can = Fillable.of(bars) if fillable is None else fillable
    row, entry, code = _entries(bars, orders, can)
    hedged = (orders.hedge_security >= 0) & (orders.hedge_ratio != 0.0)
    against = -np.sign(orders.hedge_ratio) * orders.side
    hedge_row = np.where(hedged, orders.hedge_security, 0)
    unhedged = hedged & (can.code(hedge_row, entry, against) != status.FILLED)
    code = np.where((code == status.FILLED) & unhedged, status.NO_HEDGE, code)
    goes = code == status.FILLED

    planned = np.minimum(orders.exit, 2 * bars.shape[1])
    planned = _stopped(bars, orders, row, entry, planned, goes)
    main = _leg(bars, can, row, orders.side, orders.notional, entry, planned, goes)
    code = np.where(goes & (main.exit > planned), status.LATE, code)
    code = np.where(goes & ~main.closed, status.OPEN_AT_END, code)
    money = orders.notional * np.abs(orders.hedge_ratio)
    until = np.where(main.closed, main.exit, 2 * bars.shape[1])
    hedge = _leg(bars, can, hedge_row, against, money, entry, until, goes & hedged)
    return _settled(bars, costs, code, main, hedge)


def daily(trades: Trades) -> Floats:
    """Return (S,) profit and loss by session, marked to market, costs taken off."""
    return np.asarray(
        daily_of(trades.main, trades.bars, trades.costs)
        + daily_of(trades.hedge, trades.bars, trades.costs)
    )


def _entries(bars: TradeBars, orders: Orders, can: Fillable) -> tuple[Ints, Ints, Ints]:
    """Return row and auction of each entry, both inside the bars, and the code of the fill."""
    size = 2 * bars.shape[1]
    inside = (orders.entry >= 0) & (orders.entry < size)
    row, entry = orders.security.clip(0), orders.entry.clip(0, size - 1)
    code = can.code(row, entry, orders.side)
    code = np.where(np.isfinite(orders.notional) & (orders.notional > 0), code, status.NOTHING)
    code = np.where(inside, code, status.OUTSIDE)
    return row, entry, np.where(orders.security >= 0, code, status.NO_SECURITY)


def _stopped(
    bars: TradeBars, orders: Orders, row: Ints, entry: Ints, planned: Ints, goes: Bools
) -> Ints:
    """Return the auction each is left in: as planned, or at the open after a stop or target."""
    stop, target = (
        np.full(len(orders), np.inf) if level is None else np.where(np.isnan(level), np.inf, level)
        for level in (orders.stop, orders.target)
    )
    watched = np.flatnonzero(goes & (np.isfinite(stop) | np.isfinite(target)))
    out = planned.copy()
    session, price = entry // 2, bars.auctions[row, entry]
    while len(watched):
        # One step a session held, for all orders that are still held.
        watched = watched[2 * (session[watched] + 1) < out[watched]]
        close = bars.close[row[watched], session[watched]]
        gain = orders.side[watched] * (close / price[watched] - 1.0)
        hit = (gain <= -stop[watched]) | (gain >= target[watched])
        out[watched[hit]] = 2 * (session[watched[hit]] + 1)
        watched = watched[~hit]
        session[watched] += 1
    return out


def _leg(
    bars: TradeBars,
    can: Fillable,
    row: Ints,
    side: Floats,
    money: Floats,
    entry: Ints,
    planned: Ints,
    goes: Bools,
) -> Leg:
    """Return the positions that go, left in the first auction from `planned` on that fills."""
    size = 2 * bars.shape[1]
    row, entry = np.where(goes, row, 0), np.where(goes, entry, 0)
    wanted = np.where(goes & (planned < size), planned, size - 1)
    left = can.next(row, wanted, -side)
    closed = goes & (planned < size) & (left < size)
    left = np.where(closed, left, np.where(goes, size - 1, 0))
    price = np.where(goes, bars.auctions[row, entry], np.nan)
    last = np.where(closed, bars.auctions[row, left.clip(0, size - 1)], bars.marks[row, left // 2])
    shares = np.where(goes, side * money / price, 0.0)
    held = np.where(goes, price, 0.0)
    return Leg(row, shares, entry, left, held, np.where(goes, last, 0.0), closed)


def _settled(bars: TradeBars, costs: Costs, code: Ints, main: Leg, hedge: Leg) -> Trades:
    parts = [charged for leg in (main, hedge) for charged in leg.charged(costs)]
    commission, spread, impact = (np.sum(kind, axis=0) for kind in zip(*parts, strict=True))
    return Trades(
        bars,
        costs,
        code,
        main,
        hedge,
        moved=main.moved(),
        dividends=main.dividends(bars),
        hedge_pnl=hedge.moved() + hedge.dividends(bars),
        commission=commission,
        spread=spread,
        impact=impact,
        borrow=main.borrowed(bars, costs) + hedge.borrowed(bars, costs),
    )
