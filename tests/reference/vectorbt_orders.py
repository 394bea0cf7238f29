"""Write the orders of the shipped strategies, with the prices they are filled at, for vectorbt.

The first of two steps; `vectorbt_books.py` is the second and says how both are run. Positions carry
shares, auctions and what a fill costs, a decimal of its value; nothing of what they made.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from backtest.api import planned
from backtest.engine.arrays import Floats, Ints
from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import Costs
from backtest.strategy.kernel import Trades, trade
from backtest.strategy.leg import Leg
from backtest.strategy.load import load_strategies
from backtest.strategy.orders import Orders
from backtest.strategy.study import open_market, trade_strategy

ROOT = Path(__file__).parents[2]
CAPITAL = 1e6
QUIET = 5
"""Sessions before the first fill that a book begins at."""


def name_of(bars: TradeBars, auction: int) -> str:
    """Return an auction as its day and "open" or "close"."""
    return f"{bars.sessions[auction // 2]} {('open', 'close')[auction % 2]}"


def ordered(bars: TradeBars, orders: Orders, made: Trades) -> Iterator[dict[str, Any]]:
    """Yield each order as it was filled; `out` is null where it is held to the end."""
    for one in range(len(orders)):
        hedge = int(orders.hedge_security[one])
        leg = made.main
        yield {
            "ticker": bars.tickers[leg.row[one]],
            "in": name_of(bars, int(leg.entry[one])),
            "out": name_of(bars, int(leg.exit[one])) if leg.closed[one] else None,
            "side": float(orders.side[one]),
            "money": float(orders.notional[one]),
            "hedge": bars.tickers[hedge] if hedge >= 0 else None,
            "ratio": float(orders.hedge_ratio[one]),
        }


def positions(bars: TradeBars, made: Trades, costs: Costs) -> Iterator[dict[str, Any]]:
    """Yield what is held, hedges too: ticker, shares, and of each fill the auction and its cost."""
    for leg in (made.main, made.hedge):
        for at in np.flatnonzero(leg.shares):
            into = rate(costs, leg, at, leg.entry, leg.entry_price)
            fills = [[name_of(bars, int(leg.entry[at])), float(leg.shares[at]), into]]
            if leg.closed[at]:
                out = rate(costs, leg, at, leg.exit, leg.exit_price)
                fills.append([name_of(bars, int(leg.exit[at])), -float(leg.shares[at]), out])
            yield {"ticker": bars.tickers[leg.row[at]], "fills": fills}


def rate(costs: Costs, leg: Leg, at: int, auction: Ints, price: Floats) -> float:
    """Return commission, half spread and impact of a fill, a decimal of its value."""
    place = leg.row[at], auction[at] // 2
    spread = costs.half_spread
    half = float(spread[place] if isinstance(spread, np.ndarray) else spread)
    impact = 0.0 if costs.impact is None else float(np.nan_to_num(costs.impact[place]))
    return costs.commission + half + impact * float(np.sqrt(abs(leg.shares[at]) * price[at]))


def of_strategies() -> dict[str, Any]:
    """Return orders, positions and prices of every shipped strategy."""
    rules = load_strategies(ROOT / "strategies")
    events = ROOT / "events"
    market = open_market(planned(events, "snapshot", tests=()), events, rules, capital=CAPITAL)
    bars, books = market.book.bars, {}
    for rule in rules:
        traded, _ = trade_strategy(rule, market)
        costs = replace(traded.trades.costs, borrow=0.0)
        orders = traded.planned.orders.take(traded.admitted)
        made = trade(bars, orders, costs)
        held = list(positions(bars, made, costs))
        first = int(made.main.entry.min() // 2) - QUIET
        rows = {one["ticker"]: bars.tickers.index(one["ticker"]) for one in held}
        books[rule.id] = {
            "orders": list(ordered(bars, orders, made)),
            "positions": held,
            "sessions": [str(day) for day in bars.sessions[first:]],
            "open": {key: bars.open[row, first:].tolist() for key, row in rows.items()},
            "close": {key: bars.marks[row, first:].tolist() for key, row in rows.items()},
            "dividend": {key: bars.dividend[row, first:].tolist() for key, row in rows.items()},
        }
    return {"capital": CAPITAL, "books": books}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(of_strategies()), encoding="utf-8")
