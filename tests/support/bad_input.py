"""Sound tables for `backtest run`, to be spoilt one at a time, and what a run says of them."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from support.bulk import made_events, made_prices, sessions
from support.cli import Ran

DAYS = sessions()
TICKERS = ("AAA", "BBB")
EVENTS = made_events(6, TICKERS).with_columns(pl.col("date").cast(pl.String))
PRICES = made_prices(TICKERS)
MIDDLE = DAYS[330]
"""A day with whole windows around it."""

Study = Callable[..., Ran]


def reasons(ran: Ran) -> dict[tuple[str, str], str]:
    """Return why events were left out of a run, apart from share counts that tables never have."""
    return {
        (row["event_id"], row["ticker"]): row["reason"]
        for row in ran.json["tables"]["excluded"]
        if row["stage"] != "valuation"
    }


def studied(ran: Ran) -> list[str]:
    return [row["event_id"] for row in ran.json["tables"]["fits"] if row["status"] == "ok"]


def with_one(extra: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([EVENTS, extra], how="diagonal")
