"""Trades for a terminal: each with its reason and its fills, then what they came to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

from backtest.notation import money, number, percent
from backtest.report._amount import amount
from backtest.report._console import console_for, speaks_utf8, write
from backtest.report._grid import Column, Grid
from backtest.report._lines import beside, hanging, no_room, row
from backtest.report._performance import performance_blocks
from backtest.report._rule import rule_text
from backtest.strategy.capacity import capacity
from backtest.strategy.verdict import verdict

if TYPE_CHECKING:
    import polars as pl
    from rich.console import RenderableType

    from backtest.strategy.judged import Judged
    from backtest.strategy.tables import Traded, TradeResult

MOST = 40
"""Trades of one strategy that are printed."""

_COLUMNS = (
    Column("ticker", left=True),
    Column("side", left=True),
    Column("entry", left=True),
    Column("price"),
    Column("exit", left=True),
    Column("price "),
    Column("end", 3, left=True),
    Column("gross", 1),
    Column("hedge", 1),
    Column("costs", 1),
    Column("net"),
    Column("abnormal", 2),
)


def show_trades(judged: Judged, stream: TextIO) -> None:
    """Print every strategy: what it did, each trade, the book, and what follows from it."""
    plain = not speaks_utf8(stream)
    write(_blocks(judged, console_for(stream).width, plain=plain), stream)


def _blocks(judged: Judged, width: int, *, plain: bool) -> Iterator[RenderableType]:
    from rich.text import Text

    made = judged.result
    yield _head(made)
    for one, judgement in zip(made.strategies, judged.strategies, strict=True):
        yield Text()
        yield Text(one.strategy.title, style="bold")
        yield row(one.strategy.id, "dim")
        yield hanging(("rule", "dim"), (rule_text(one.strategy), ""))
        own = made.trades.filter(made.trades["strategy"] == one.strategy.id)
        yield from _trades(own, made.currency, width)
        left = made.untraded.filter(made.untraded["strategy"] == one.strategy.id)
        yield from _left(left)
        if own.height:
            yield from _book(one, made, own)
            yield from performance_blocks(judgement, made.currency, plain=plain)
        yield hanging(("so", "bold"), (verdict(one.trades, left["reason"].to_list()), "bold"))


def _head(made: TradeResult) -> RenderableType:
    told = made.provenance
    lines = {
        "events": told.events,
        "prices": told.prices,
        "capital": f"{money(made.capital, made.currency, signed=False)} for each strategy",
        "fills": "opens and closes of daily bars; stops and targets are judged at closes and "
        "filled at the next open",
    }
    return beside([((name, ""), [(text, "")]) for name, text in lines.items()])


def _trades(own: pl.DataFrame, currency: str, width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    if own.is_empty():
        return
    rows = own.head(MOST).to_dicts()
    lines = [_cells(one, currency) for one in rows]
    laid = Grid.fitted(_COLUMNS, lines, width)
    yield row(laid.header(), "dim")
    event = ""
    for one, cells in zip(rows, lines, strict=True):
        if one["event_id"] != event:
            event = one["event_id"]
            yield hanging((event, "dim"), (f"announced {one['announced']}", "dim"))
        yield row(laid.line(cells))
        yield hanging(("", ""), (_told(one), "dim"), indent=4)
    if own.height > MOST:
        yield row(f"  … {own.height - MOST:,} more; --out DIR or --format csv has all", "dim")
    if laid.hidden:
        yield no_room(laid.hidden)
    yield Text()


def _cells(one: dict[str, Any], currency: str) -> dict[str, str]:
    costs = one["commission"] + one["spread"] + one["impact"] + one["borrow"]
    return {
        "ticker": one["ticker"],
        "side": one["side"],
        "entry": f"{one['entry_date']} {one['entry_at']}",
        "price": number(one["entry_price"]),
        "exit": f"{one['exit_date']} {one['exit_at']}",
        "price ": number(one["exit_price"]),
        "end": one["ended"],
        "gross": amount(one["gross"], currency),
        "hedge": amount(one["hedge_pnl"], currency) if one["hedge"] else "–",
        "costs": amount(-costs, currency),
        "net": amount(one["net"], currency),
        "abnormal": amount(one["abnormal"], currency),
    }


def _told(one: dict[str, Any]) -> str:
    """Say why a trade was taken, and how the price had moved before it could be.

    What moved in favour of a position could not be had; what moved the other way is a better price.
    """
    if one["gap"] is None:
        return str(one["why"])
    against = one["gap"] * (1.0 if one["side"] == "long" else -1.0) > 0.0
    which = "gap not to be had" if against else "gap before the entry"
    gap = (
        f"{one['why']}; {which}: {number(one['price_before'])} → {one['entry_at']} "
        f"{number(one['entry_price'])}, {percent(one['gap'])}"
    )
    return gap + (f" (reaction {percent(one['reaction'])})" if one["reaction"] is not None else "")


def _left(left: pl.DataFrame) -> Iterator[RenderableType]:
    counts = Counter(left["reason"].to_list()).most_common()
    for reason, count in counts:
        names = left.filter(left["reason"] == reason)["ticker"].unique(maintain_order=True)
        some = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        yield hanging((f"not traded {count:>3,}", "dim"), (f"{reason} ({some})", "dim"))


def _book(one: Traded, made: TradeResult, own: pl.DataFrame) -> Iterator[RenderableType]:
    """Say what the book came to; the measures of a daily series follow from `one.equity`."""
    total = {name: float(own[name].sum()) for name in ("gross", "hedge_pnl", "net")}
    costs = {name: float(own[name].sum()) for name in ("commission", "spread", "impact", "borrow")}
    kinds = ", ".join(
        f"{name} {amount(value, made.currency, signed=False)}"
        for name, value in costs.items()
        if value
    )
    parts = [f"gross {amount(total['gross'], made.currency)}"]
    if total["hedge_pnl"]:
        parts.append(f"hedges {amount(total['hedge_pnl'], made.currency)}")
    paid = f"costs {amount(-sum(costs.values()), made.currency)}"
    parts.append(f"{paid} ({kinds})" if kinds else paid)
    net = f"net {amount(total['net'], made.currency)}, {percent(total['net'] / made.capital)}"
    yield hanging(("book", ""), (f"{net} of the capital: {', '.join(parts)}", ""))
    abnormal = own["abnormal"]
    if abnormal.null_count() < own.height:
        known = own.height - abnormal.null_count()
        some = "" if known == own.height else f" for {known} of {own.height} trades"
        told = f"{amount(float(abnormal.sum()), made.currency)}{some}, before hedges and costs"
        yield hanging(("beyond the model", ""), (told, ""))
    for name, words in limits(one, made):
        yield hanging((name, ""), (words, ""))


def limits(one: Traded, made: TradeResult) -> Iterator[tuple[str, str]]:
    """Yield what a book risked, and how much money it could have carried, in words."""
    book = one.equity
    at_work = float(book.at_work.max())
    told = f"deepest drawdown {percent(float(book.drawdown.min()))}; most at work "
    told += f"{amount(at_work, made.currency, signed=False)}; "
    told += f"most margin {amount(float(book.margin.max()), made.currency, signed=False)}"
    yield "risk", told
    yield "capacity", _capacity(one, made)


def _capacity(one: Traded, made: TradeResult) -> str:
    size = one.strategy.size
    fixed = size.rule == "equal"
    found = capacity(one, size.value if fixed else made.capital)
    if math.isnan(found.gone):
        return "none: nothing was earned that size could take away"
    with_, at = ("orders of ", "with orders of ") if fixed else ("", "at a capital of ")

    def told(value: float) -> str:
        return money(value, made.currency, signed=False)

    if math.isinf(found.gone) and size.adv_cap and math.isfinite(found.full):
        text = (
            f"orders grow to {number(100 * size.adv_cap, 1)}% of a day's trading, which all have "
            f"reached {at}{told(found.full)}, and then earn {amount(found.at_most, made.currency)}"
        )
        if found.most < found.full:
            text += f"; most is earned with {with_}{told(found.most)}"
    elif math.isinf(found.gone):
        return "not known: these costs know no impact"
    else:
        text = f"impact eats all of it {at}{told(found.gone)}; most is earned with {with_}"
        text += told(found.most)
    if min(found.gone, found.full) > found.known_to:
        text += (
            f". Beyond {told(found.known_to)} an order is more than a tenth of what trades in a "
            "day, and the square-root law is a guess"
        )
    return text
