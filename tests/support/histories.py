"""Histories of one security for the price store, to be revised."""

from __future__ import annotations

import datetime as dt

import polars as pl

from backtest.prices._record import Record
from backtest.prices.provider import ACTIONS, BARS, SHARES
from backtest.prices.store import Held

NOW = dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC)
FIRST = dt.date(2025, 10, 1)


def held(closes: list[float | None], *, hours: int = 0, start: int = 0) -> Held:
    """A security whose closes are given, retrieved some hours after the first time."""
    days = [FIRST + dt.timedelta(days=start + n) for n in range(len(closes))]
    rows = [
        (day, "ORCL", None, None, None, close, close, 5.0)
        for day, close in zip(days, closes, strict=True)
    ]
    record = Record(
        ticker="ORCL",
        provider="yahoo",
        retrieved_at=NOW + dt.timedelta(hours=hours),
        first=days[0],
        last=days[-1],
        rows=len(days),
        complete_to=days[-1],
    )
    bars = pl.DataFrame(rows, schema=BARS.schema(), orient="row")
    counts = pl.DataFrame([("ORCL", FIRST, 1e9)], schema=SHARES.schema(), orient="row")
    return Held(record, bars, ACTIONS.empty(), counts)
