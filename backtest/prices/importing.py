"""Taking the user's own table into the price store, where `--prices auto` finds it first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from backtest.errors import BadUsage, Location
from backtest.prices._record import IMPORTED, Damaged, Record
from backtest.prices.closes import Closes
from backtest.prices.provider import ACTIONS, SHARES, Bars
from backtest.prices.store import Held, PriceStore

if TYPE_CHECKING:
    import polars as pl


def import_bars(
    store: PriceStore,
    bars: Bars,
    now: dt.datetime,
    counts: pl.DataFrame | None = None,
    *,
    replace: bool = False,
) -> list[Record]:
    """Keep bars as they are; a later pull leaves them alone.

    Args:
        store: where to.
        bars: what the table holds.
        now: the time of the import.
        counts: share counts (`SHARES`); those of securities without bars are left out.
        replace: put the bars in place of what is stored.

    Raises:
        BadUsage: a security is stored already and `replace` was not asked for, or the store
            cannot be written to.
        DataUnavailable: the disk is full.
    """
    parts = {str(part["ticker"][0]): part for part in bars.frame.partition_by("ticker")}
    _refuse_to_overwrite(store, parts, replace=replace)
    out, known = [], SHARES.empty() if counts is None else counts
    for ticker, part in parts.items():
        days = part["date"].sort()
        record = Record(
            ticker=ticker,
            provider=IMPORTED,
            retrieved_at=now.astimezone(dt.UTC),
            first=days[0],
            last=days[-1],
            rows=part.height,
            complete_to=days[-1],
            closes=bars.closes.get(ticker, Closes.UNKNOWN),
        )
        shares = known.filter(known["ticker"] == ticker)
        held = Held(record, part.sort("date"), ACTIONS.empty(), shares)
        out.append(store.write(held, _present(store, ticker)))
    return out


def _refuse_to_overwrite(store: PriceStore, tickers: Collection[str], *, replace: bool) -> None:
    there = sorted(ticker for ticker in tickers if _present(store, ticker))
    if there and not replace:
        shown = ", ".join(there[:5]) + (", …" if len(there) > 5 else "")
        raise BadUsage.because(
            "already-stored",
            f"{len(there)} of these are stored already: {shown}",
            where=Location(store.folder),
            hint="import with --replace to put the table in their place",
        )


def _present(store: PriceStore, ticker: str) -> Record | None:
    try:
        return store.record(ticker)
    except Damaged:
        return None
