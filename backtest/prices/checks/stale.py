"""Tails that end too early or go on too long, by days with a valid close.

A close on a day that has not come, or long after all others end, is that security's fault; nobody
else is late for it, nor is the security itself judged by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backtest.prices.checks._ends import FAR
from backtest.prices.checks._prices import CODE, FINDINGS, Prices, findings

if TYPE_CHECKING:
    import polars as pl

LATE = 5
"""Sessions that prices may be behind."""


def find(prices: Prices) -> pl.DataFrame:
    """Compare the last close of each security with the day up to which there should be one."""
    import polars as pl

    ends, latest = prices.setting.ends, prices.setting.latest
    if not ends and latest is None:
        return FINDINGS.empty()
    end = pl.col("ticker").replace_strict(ends, default=None, return_dtype=pl.Date)
    last = prices.rows.group_by(CODE, maintain_order=True).agg(
        pl.col("ticker").first(), pl.col("date").last().alias("row")
    )
    last = last.with_columns(end=end)
    valid = prices.valid.select(CODE, "ticker", "date", "close").join(
        last.select(CODE, "end"), on=CODE, how="left", maintain_order="left"
    )
    to_come = pl.lit(False) if latest is None else pl.col("date") > latest
    beyond = pl.col("date") > pl.col("end").dt.offset_by(f"{FAR}d")
    valid = valid.with_columns(to_come=to_come, beyond=(to_come | beyond).fill_null(False))
    return pl.concat([_late(last, valid.filter(~pl.col("beyond"))), _ahead(valid)])


def _late(last: pl.DataFrame, valid: pl.DataFrame) -> pl.DataFrame:
    """Find securities whose last close is too far before the end."""
    import polars as pl

    closes = valid.group_by(CODE, maintain_order=True).agg(
        pl.col("date").last(), pl.col("close").last()
    )
    both = last.join(closes, on=CODE, how="left", maintain_order="left")
    # Without any close there is no last one; the first sentence then speaks of the last row.
    both = both.with_columns(date=pl.coalesce("date", "row")).filter(pl.col("end").is_not_null())
    dates, until = both["date"].to_numpy(), both["end"].to_numpy()
    behind = np.busday_count(dates.astype("datetime64[D]"), until.astype("datetime64[D]"))
    late = both.with_columns(pl.Series("behind", behind)).filter(pl.col("behind") > LATE)
    text = pl.lit("; rows without one go on to ") + pl.col("row").cast(pl.String)
    beyond = pl.when(pl.col("row") > pl.col("date")).then(text).otherwise(pl.lit(""))
    late = late.with_columns(beyond=beyond)
    why = pl.format(
        "the last close, {} weekdays before prices should end ({}){}",
        "behind",
        "end",
        "beyond",
    )
    return findings(late, "stale", why, until=pl.col("end"))


def _ahead(valid: pl.DataFrame) -> pl.DataFrame:
    """Find securities with closes on days that cannot be."""
    import polars as pl

    odd = (
        valid.filter("beyond")
        .group_by(CODE, maintain_order=True)
        .agg(
            pl.col("ticker").first(),
            pl.col("date", "close", "end", "to_come").first(),
            until=pl.col("date").last(),
            days=pl.len(),
        )
    )
    alone = pl.format("a price long after those of the others end ({})", "end")
    why = pl.when("to_come").then(pl.lit("a price on a day that has not come")).otherwise(alone)
    more = pl.format("; in all {} such days to {}", "days", "until")
    text = pl.concat_str(why, pl.when(pl.col("days") > 1).then(more).otherwise(pl.lit("")))
    return findings(odd, "stale", text, until=pl.col("until"))
