"""Closes that do not move for two weeks: a halt, a delisting or a feed that stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.prices.checks._prices import SAME, Prices, findings

if TYPE_CHECKING:
    import polars as pl

SESSIONS = 10


def find(prices: Prices) -> pl.DataFrame:
    """Measure the runs of equal closes."""
    import polars as pl

    rows = prices.valid
    moved = (~pl.col(SAME)) | (pl.col("close") != pl.col("close").shift())
    begins = rows.select("ticker", "date", "close", _begins=moved).with_row_index("row")
    starts = begins.filter("_begins")
    after = pl.col("row").shift(-1).fill_null(rows.height)
    runs = starts.with_columns(sessions=after.cast(pl.Int64) - pl.col("row").cast(pl.Int64))
    long = runs.filter(pl.col("sessions") >= SESSIONS)
    until = rows["date"].gather(long["row"] + long["sessions"] - 1).alias("until")
    why = pl.format("stays the same for {} sessions, to {}", "sessions", "until")
    return findings(long.with_columns(until), "constant", why, until=pl.col("until"))
