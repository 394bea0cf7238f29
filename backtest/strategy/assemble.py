"""From arrays of trades to the tables that people and programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.contracts import EQUITY, TRADES, UNTRADED, Frame
from backtest.engine.arrays import Floats, Ints
from backtest.strategy import status
from backtest.strategy.bars import OPEN, TradeBars

if TYPE_CHECKING:
    import polars as pl

    from backtest.strategy.candidates import Candidates
    from backtest.strategy.tables import Traded

AUCTIONS = {0: "open", 1: "close"}
PLANNED, STOPPED, REACHED, EVENT, LATE, END = (
    *("planned", "stop", "target", "announcement", "late", "prices end"),
)
"""How a trade ended."""


def trades_table(one: Traded, given: Candidates) -> pl.DataFrame:
    """Return `TRADES` of one strategy, in the order of the entries."""
    import polars as pl

    made, orders, bars = one.trades, one.planned.orders.take(one.admitted), one.trades.bars
    place = one.planned.place[one.admitted]
    leg, size = made.main, len(place)
    before = np.minimum(given.day0[place], given.announced[place] // 2) - 1
    price_before = _at(bars.marks, leg.row, before)
    reacted = _at(bars.marks, leg.row, given.day0[place])
    told = given.frame[place]
    names = np.array([*bars.tickers, ""], dtype=object)
    # −1 is the last name, none.
    hedge = names[np.where(orders.hedge_ratio != 0, orders.hedge_security, -1)]
    columns: dict[str, Any] = {
        "strategy": [one.strategy.id] * size,
        "event_id": told["event_id"],
        "ticker": told["ticker"],
        "side": np.where(orders.side > 0, "long", "short").tolist(),
        "why": [one.planned.why[at] for at in one.admitted],
        "announced": told["told"],
        **_when("known", orders.known, bars),
        **_when("entry", leg.entry, bars),
        "entry_price": leg.entry_price,
        **_when("exit", leg.exit, bars),
        "exit_price": leg.exit_price,
        "sessions": leg.exit // 2 - leg.entry // 2,
        "ended": _ended(one, orders.exit),
        "notional": orders.notional,
        "shares": leg.shares,
        "price_before": price_before,
        "gap": leg.entry_price / price_before - 1.0,
        "reaction": reacted / price_before - 1.0,
        "moved": made.moved,
        "dividends": made.dividends,
        "gross": made.gross,
        "hedge": [name or None for name in hedge],
        "hedge_ratio": orders.hedge_ratio,
        "hedge_pnl": made.hedge_pnl,
        "hedged": made.hedged,
        "commission": made.commission,
        "spread": made.spread,
        "impact": made.impact,
        "borrow": made.borrow,
        "net": made.net,
        "abnormal": one.abnormal,
    }
    frame = pl.DataFrame({name: pl.Series(name, value) for name, value in columns.items()})
    order = np.lexsort((place, leg.entry))
    return _checked(TRADES, frame[order])


def equity_table(one: Traded) -> pl.DataFrame:
    """Return `EQUITY` of one strategy, from its first entry to its last exit."""
    import polars as pl

    book, bars = one.equity, one.trades.bars
    first, last = span(one)
    part = slice(first, last + 1)
    columns = {
        "strategy": [one.strategy.id] * len(bars.sessions[part]),
        "date": bars.sessions[part],
        **{
            name: getattr(book, name)[part]
            for name in EQUITY.names
            if name not in ("strategy", "date")
        },
    }
    return _checked(EQUITY, pl.DataFrame(columns))


def span(one: Traded) -> tuple[int, int]:
    """Return the sessions of the first entry and the last exit; (0, −1) without a trade."""
    legs = [leg.sessions for leg in (one.trades.main, one.trades.hedge)]
    if not len(one.admitted):
        return 0, -1
    return int(legs[0][0].min()), int(max(leg[1].max() for leg in legs))


def untraded_table(rows: list[tuple[str, str, str, str, str]]) -> pl.DataFrame:
    """Return `UNTRADED`: strategy, event, ticker, stage, reason."""
    import polars as pl

    return UNTRADED.check(pl.DataFrame(rows, schema=UNTRADED.schema(), orient="row"))


def _checked(contract: Frame, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table in the types of its contract, without NaN."""
    import polars as pl

    typed = frame.select(pl.col(name).cast(kind) for name, kind in contract.schema().items())
    return contract.check(typed.with_columns(pl.selectors.float().fill_nan(None)))


def _when(name: str, auction: Ints, bars: TradeBars) -> dict[str, Any]:
    session = (auction // 2).clip(0, len(bars.sessions) - 1)
    at = np.where(auction % 2 == OPEN, AUCTIONS[0], AUCTIONS[1])
    return {f"{name}_date": bars.sessions[session], f"{name}_at": at.tolist()}


def _ended(one: Traded, planned: Ints) -> list[str]:
    """Say how each trade ended."""
    made, rule = one.trades, one.strategy.exit
    early = made.main.exit < planned
    side = np.sign(made.main.shares)
    last_close = _at(made.bars.close, made.main.row, made.main.exit // 2 - 1)
    lost = side * (last_close / made.main.entry_price - 1.0) < 0
    # Where both are given, the earlier is what the exit stands for.
    after = rule.after if rule.after is not None else np.iinfo(np.int32).max
    plan = np.where(planned // 2 - made.main.entry // 2 < after, EVENT, PLANNED)
    out = np.where(early, np.where(lost, STOPPED, REACHED), plan)
    out = np.where(made.status == status.LATE, LATE, out)
    ended: list[str] = np.where(made.status == status.OPEN_AT_END, END, out).tolist()
    return ended


def _at(values: Floats, row: Ints, session: Ints) -> Floats:
    inside = (session >= 0) & (session < values.shape[1])
    return np.asarray(np.where(inside, values[row, session.clip(0, values.shape[1] - 1)], np.nan))
