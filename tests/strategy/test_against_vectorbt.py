"""vectorbt, which walks no bars but simulates arrays, makes the same books of the same orders.

What it says is recorded, for it lives in an environment of its own; how it was made is told by
`tests/reference/vectorbt_books.py`. Costs are the shipped ones, impact too, but no borrow fee.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.traded import shipped_rule

from backtest.engine.arrays import Floats
from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import Costs
from backtest.strategy.kernel import Trades, trade
from backtest.strategy.orders import Orders, orders
from backtest.strategy.portfolio import equity_of
from backtest.strategy.study import Market, costs_of, trade_strategy

SAID = json.loads(
    (Path(__file__).parents[1] / "reference" / "vectorbt_books.json").read_text(encoding="utf-8")
)
CAPITAL: float = SAID["capital"]
BOOKS: dict[str, dict[str, Any]] = SAID["books"]


def auction(bars: TradeBars, name: str | None) -> int:
    """Return the number of an auction such as "2025-09-11 open"; None is after the last."""
    if name is None:
        return 2 * bars.shape[1]
    day, kind = name.split()
    (at,) = np.flatnonzero(bars.sessions == np.datetime64(day))
    return 2 * int(at) + (kind == "close")


def recorded(bars: TradeBars, book: dict[str, Any]) -> Orders:
    """Return the orders of a record, on these bars."""
    given = book["orders"]
    entry = np.array([auction(bars, one["in"]) for one in given])
    return orders(
        security=bars.rows([one["ticker"] for one in given]),
        known=entry,
        entry=entry,
        exit=np.array([auction(bars, one["out"]) for one in given]),
        side=np.array([one["side"] for one in given]),
        notional=np.array([one["money"] for one in given]),
        hedge_security=bars.rows([one["hedge"] or "" for one in given]),
        hedge_ratio=np.array([one["ratio"] for one in given]),
    )


def charges(key: str, market: Market) -> Costs:
    """Return what a shipped strategy pays, without the borrow fee."""
    costs = costs_of(shipped_rule(key).strategy.costs, market.book.bars, market.book.known)
    return replace(costs, borrow=0.0)


def ours(bars: TradeBars, made: Trades, book: dict[str, Any]) -> Floats:
    """Return what we say a book is worth on the days of the record."""
    days = np.array(list(book["worth"]), dtype="datetime64[D]")
    return equity_of(made, CAPITAL).equity[np.searchsorted(bars.sessions, days)]


def theirs(book: dict[str, Any]) -> Floats:
    return np.array(list(book["worth"].values()))


@pytest.mark.parametrize("key", BOOKS)
def test_vectorbt_makes_the_same_book(key: str, market: Market) -> None:
    bars, book = market.book.bars, BOOKS[key]
    made = trade(bars, recorded(bars, book), charges(key, market))
    held = [float(one) for leg in (made.main, made.hedge) for one in leg.shares if one]
    assert held == pytest.approx([one["fills"][0][1] for one in book["positions"]], rel=1e-12)
    assert ours(bars, made, book) == pytest.approx(theirs(book), rel=0, abs=1e-9 * CAPITAL)
    assert abs(made.net.sum()) > 1_000.0


@pytest.mark.parametrize("key", BOOKS)
def test_the_record_is_of_what_the_strategy_trades(key: str, market: Market) -> None:
    """New announcements may add to what is traded; what is recorded must not come from nowhere."""
    traded, _ = trade_strategy(shipped_rule(key), market)
    bars, leg = market.book.bars, traded.trades.main
    now = {(bars.tickers[row], int(at)) for row, at in zip(leg.row, leg.entry, strict=True)}
    then = {(one["ticker"], auction(bars, one["in"])) for one in BOOKS[key]["orders"]}
    assert len(then & now) >= 6, "record again: see tests/reference/vectorbt_books.py"


def test_dividends_are_part_of_what_is_compared(market: Market) -> None:
    paid = {
        key: trade(market.book.bars, recorded(market.book.bars, book)).dividends.sum()
        for key, book in BOOKS.items()
    }
    assert sum(abs(one) > 1e-6 * CAPITAL for one in paid.values()) >= 2, paid


@pytest.mark.parametrize("change", ["a session later", "without impact", "a millionth more"])
def test_the_comparison_can_fail(change: str, market: Market) -> None:
    key = "counterparty-minus-competitor"
    bars, book, costs = market.book.bars, BOOKS[key], charges(key, market)
    given = recorded(bars, book)
    match change:
        case "a session later":
            given = given.moved(np.ones(len(given), dtype=np.int64))
        case "without impact":
            costs = replace(costs, impact=None)
        case _:
            given = given.sized(given.notional * (1.0 + 1e-6))
    gap = np.abs(ours(bars, trade(bars, given, costs), book) - theirs(book)).max()
    assert gap > 1e-9 * CAPITAL
