"""The total-return close: what one share with its dividends reinvested was worth.

A dividend of `d` that goes ex in session t makes every earlier close too large by the factor
1 − d / close[t−1]. We build it ourselves instead of taking a vendor's adjusted close: the same
rule then holds for every source, a new dividend needs no refetch of the past, and the figures do
not carry a vendor's rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl


def total_return_close(
    close: NDArray[np.float64], dividend: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the total-return close, equal to `close` in the last session.

    Args:
        close: (T,) closes of one security in session order, NaN where there is none.
        dividend: (T,) amount that goes ex in the session, on the close's split basis; 0 for none.
            One that is not below the close before it is left out: no price would remain.
    """
    before = _close_before(close)
    usable = (dividend > 0) & (before > dividend)
    factor = np.ones(len(close))
    factor[usable] -= dividend[usable] / before[usable]
    later = np.ones(len(close))
    later[:-1] = np.cumprod(factor[:0:-1])[::-1]
    return np.asarray(close * later, dtype=np.float64)


def _close_before(close: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the last close there was before each session; NaN before the first."""
    place = np.where(np.isfinite(close), np.arange(len(close)), -1)
    last = np.maximum.accumulate(place) if len(place) else place
    before = np.full(len(close), np.nan)
    known = last[:-1] >= 0
    before[1:][known] = close[last[:-1][known]]
    return before


def with_total_return(bars: pl.DataFrame, dividends: pl.DataFrame) -> pl.DataFrame:
    """Set `adj_close` of bars of any number of securities, sorted by (ticker, date).

    Args:
        bars: `BARS` rows; `adj_close` need not be there.
        dividends: columns `ticker, date, value`. An ex-date that is no session counts in the next
            one; before the first bar or after the last it changes nothing.
    """
    import polars as pl

    bars = bars.sort("ticker", "date")
    sessions = bars.select("ticker", "date", session=pl.col("date"))
    paid = (
        dividends.select("ticker", "date", "value")
        .sort("date")
        .join_asof(
            sessions.sort("date"),
            on="date",
            by="ticker",
            strategy="forward",
            check_sortedness=False,
        )
        .filter(pl.col("session").is_not_null())
        .group_by("ticker", date=pl.col("session"))
        .agg(dividend=pl.col("value").sum())
    )
    rows = bars.join(paid, on=["ticker", "date"], how="left", maintain_order="left")
    adjusted = [
        total_return_close(
            part["close"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
            part["dividend"].fill_null(0.0).to_numpy(),
        )
        for part in rows.partition_by("ticker", maintain_order=True)
    ]
    values = np.concatenate(adjusted) if adjusted else np.empty(0)
    column = pl.Series("adj_close", values, dtype=pl.Float64).fill_nan(None)
    return bars.with_columns(column)
