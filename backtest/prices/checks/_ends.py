"""Up to which day there should be prices, judged by the prices of all securities together."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

FAR = 65
"""Weekdays without any price, a quarter, after which a few that go on are the odd ones."""


def latest_day(now: dt.datetime) -> dt.date:
    """Return the last day that has begun somewhere on Earth."""
    return now.astimezone(dt.UTC).date() + dt.timedelta(days=1)


def common_end(bars: pl.DataFrame, latest: dt.date) -> dt.date | None:
    """Return the last day with a close, apart from days that cannot be.

    These are days after `latest`, and those behind a hole of a quarter in the dates of all
    securities where no more than half of them go on: a year mistyped in one makes no other late.

    Args:
        bars: `BARS` rows.
        latest: the last day that can have a price.

    Returns:
        None if there is no such close.
    """
    import polars as pl

    close = pl.col("close")
    there = bars.lazy().filter((close > 0) & close.is_finite() & (pl.col("date") <= latest))
    ends = there.group_by("ticker").agg(pl.col("date").max()).collect()["date"].to_numpy()
    dates = there.select(pl.col("date").unique().sort()).collect()["date"].to_numpy()
    if not dates.size:
        return None
    ends, dates = ends.astype("datetime64[D]"), dates.astype("datetime64[D]")
    last: dt.date = dates[-1].item()
    for hole in np.flatnonzero(np.busday_count(dates[:-1], dates[1:]) > FAR)[::-1]:
        if 2 * np.count_nonzero(ends > dates[hole]) > ends.size:
            break
        last = dates[hole].item()
    return last
