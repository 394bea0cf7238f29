"""Checking all prices that a source or the store has against calendars and currencies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.errors import BadInput, BadUsage
from backtest.events.exchanges import exchange_of
from backtest.prices._record import IMPORTED
from backtest.prices.checks import DAMAGED, check_prices, in_order
from backtest.prices.checks._ends import common_end, latest_day
from backtest.prices.checks._prices import FINDINGS, Setting
from backtest.prices.provider import ACTIONS, BARS, Bars
from backtest.prices.refresh import last_finished_weekday
from backtest.prices.store import Held, PriceStore
from backtest.prices.stored import Stored
from backtest.results.pool_members import home
from backtest.results.price_calendar import Calendars, calendars
from backtest.results.source import Source, all_tickers, pool_tickers

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock

Clock = Callable[[str], "SessionClock"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at and what was found.

    Attributes:
        findings: `FINDINGS`.
        securities, rows: how many were looked at.
        last: last valid close by ticker.
    """

    findings: pl.DataFrame
    securities: int
    rows: int
    last: Mapping[str, dt.date]


def check_store(
    store: PriceStore, clocks: Clock, now: dt.datetime, names: Collection[str]
) -> Checked:
    """Check everything that is stored: files, then prices.

    What a provider is asked for should reach to the last finished weekday, what was imported as far
    as the rest of it.

    Args:
        store: the price store.
        clocks: session clock by exchange code.
        now: the present.
        names: of the checks.
    """
    import polars as pl

    held: list[Held] = []
    damaged: list[tuple[str, str]] = []
    for file, said in store.each():
        if isinstance(said, Held):
            held.append(said)
        else:
            damaged.append((file, said))
    bars = pl.concat([BARS.empty(), *(one.bars.select(BARS.names) for one in held)])
    pulled = [one for one in held if one.record.provider != IMPORTED]
    imported = [one for one in held if one.record.provider == IMPORTED]
    mine = pl.concat([BARS.empty(), *(one.bars.select(BARS.names) for one in imported)])
    end = common_end(mine, latest_day(now))
    ends = {one.record.ticker: last_finished_weekday(now) for one in pulled}
    ends |= {one.record.ticker: end for one in imported if end}
    found = Bars(
        bars,
        actions=pl.concat([ACTIONS.empty(), *(one.actions for one in pulled)]),
        currencies={one.record.ticker: one.record.currency for one in held if one.record.currency},
    )
    known = frozenset(one.record.ticker for one in pulled)
    checked = _checked(found, clocks, ends, latest_day(now), known, names)
    broken = damage_findings(damaged) if DAMAGED in names else FINDINGS.empty()
    return Checked(
        pl.concat([broken, checked.findings]), checked.securities, checked.rows, checked.last
    )


def check_source(
    source: Source, clocks: Clock, now: dt.datetime, names: Collection[str]
) -> Checked:
    """Check everything that a source has without asking anybody; all should end with its last day.

    Args:
        source: where the prices come from.
        clocks: session clock by exchange code.
        now: the present.
        names: of the checks.

    Raises:
        BadUsage: the source cannot say what it has.
        BadInput: it cannot be read.
    """
    found = _everything(source)
    last = common_end(found.frame, latest_day(now))
    tickers = found.frame["ticker"].unique().to_list()
    ends = dict.fromkeys(tickers, last) if last else {}
    own = found.actions is not None and not found.actions.is_empty()
    known = frozenset(tickers) if own else frozenset()
    return _checked(found, clocks, ends, latest_day(now), known, names)


def damage_findings(damaged: Collection[tuple[str, str]]) -> pl.DataFrame:
    """Return (file, what is wrong with it) as `FINDINGS`."""
    import polars as pl

    rows = [
        {"check": DAMAGED, "ticker": file.rsplit(".", 1)[0], "column": file, "why": why}
        for file, why in damaged
    ]
    return FINDINGS.check(pl.DataFrame(rows, schema=FINDINGS.schema(), orient="row"))


def _everything(source: Source) -> Bars:
    """Return all rows as they stand: a table's duplicates included."""
    import polars as pl

    parts = getattr(source, "parts", None)
    known = all_tickers(source)
    if callable(parts) and known:
        pieces = [part.rows(known, None, None) for part in parts(set(known))]
        said = getattr(source, "currencies", None)
        currencies = said(known) if callable(said) else {}
        return Bars(pl.concat([BARS.empty(), *pieces]), currencies=currencies)
    held = pool_tickers(source)
    if callable(parts) and not held:
        raise BadInput.because(
            "no-rows", "holds no row of a security to check", where=getattr(source, "where", None)
        )
    if isinstance(source, Stored):
        return source.read(held, None, None)
    if not held:
        raise BadUsage.because(
            "no-list", "this source cannot say which securities it has", field="prices"
        )
    return source.bars(held, None, None)


def _checked(
    found: Bars,
    clocks: Clock,
    ends: Mapping[str, dt.date],
    latest: dt.date,
    known: frozenset[str],
    names: Collection[str],
) -> Checked:
    frame = found.frame
    tickers = frame["ticker"].unique().to_list()
    exchange = {ticker: mic for ticker in tickers if (mic := home(ticker)) is not None}
    held = (
        calendars(frame, exchange, clocks)
        if "gap" in names
        else Calendars({}, {}, FINDINGS.empty())
    )
    setting = Setting(
        exchange=held.exchange,
        sessions=held.sessions,
        ends=ends,
        latest=latest,
        actions=ACTIONS.empty() if found.actions is None else found.actions,
        with_actions=known,
        currencies=found.currencies,
        expected=_quoted(exchange),
    )
    close = frame.filter(frame["close"].is_not_null())
    findings = in_order([held.findings, check_prices(frame, setting, names)])
    return Checked(findings, len(tickers), frame.height, _last(close))


def _last(close: pl.DataFrame) -> dict[str, dt.date]:
    import polars as pl

    return dict(close.group_by("ticker").agg(pl.col("date").max()).sort("ticker").rows())


def _quoted(exchange: Mapping[str, str]) -> dict[str, str]:
    quoted = {}
    for ticker in exchange:
        with suppress(BadInput):
            quoted[ticker] = exchange_of(ticker).currency
    return quoted
