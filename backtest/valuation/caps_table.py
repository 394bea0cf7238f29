"""The `market_caps` table of a set of observations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Dates, Floats, Ints
from backtest.engine.windows import gather
from backtest.prices.panel import Panel
from backtest.spec import Window
from backtest.valuation.currency import currency_unit
from backtest.valuation.market_caps import market_caps
from backtest.valuation.shares import ShareCounts

if TYPE_CHECKING:
    import polars as pl


def caps_table(
    keys: pl.DataFrame,
    panel: Panel,
    rows: Ints,
    day0: Ints,
    dates: Dates,
    abnormal: Floats,
    counts: ShareCounts,
    window: Window,
) -> pl.DataFrame:
    """Value every session of the event window of n observations.

    Args:
        keys: (n rows) columns that name each observation, repeated for its days; `currency` as the
            price is quoted.
        panel: prices; `close` must not be dividend-adjusted.
        rows: (n,) panel rows.
        day0: (n,) session index of τ = 0.
        dates: (n, L) sessions of the event window.
        abnormal: (n, L) abnormal returns, NaN where there are none.
        counts: share counts.
        window: the event window.

    Returns:
        The table, of the observations whose share count on τ = 0 was known.
    """
    import polars as pl

    shares, since = counts.known(np.broadcast_to(rows[:, None], dates.shape), dates)
    known = (
        np.isfinite(shares[:, -window.start])
        if window.start <= 0 <= window.end
        else (np.isfinite(shares).any(axis=1))
    )
    used = np.flatnonzero(known)
    closes = gather(panel.prices["close"], rows[used], day0[used], _with_before(window))
    highs = panel.prices.get("high")
    high = (
        np.full_like(closes[:, 1:], np.nan)
        if highs is None
        else (gather(highs, rows[used], day0[used], window))
    )
    keys, units = _in_money(keys)
    shares_in_money = shares[used] * units[used, None]
    caps = market_caps(shares_in_money, closes[:, :-1], closes[:, 1:], high, abnormal[used])
    length = len(window)
    repeated = pl.Series(np.repeat(used, length), dtype=pl.UInt32)
    return pl.DataFrame(
        {
            **{name: keys.get_column(name).gather(repeated) for name in keys.columns},
            "day": np.tile(np.arange(window.start, window.end + 1, dtype=np.int32), len(used)),
            "date": dates[used].ravel(),
            "shares": shares[used].ravel(),
            "shares_as_of": since[used].ravel(),
            "cap_before": caps.cap_before.ravel(),
            "cap": caps.cap.ravel(),
            "change": caps.change.ravel(),
            "peak_change": caps.peak_change.ravel(),
            "abnormal_change": caps.abnormal_change.ravel(),
        },
        nan_to_null=True,
    )


def _in_money(keys: pl.DataFrame) -> tuple[pl.DataFrame, Floats]:
    """Return the keys with the currency market value is in, and money for one unit of the price."""
    import polars as pl

    # A mapping may not be empty, and a table without rows has no currency.
    quoted = keys["currency"].unique().to_list() or ["USD"]
    names = {one: currency_unit(one)[0] for one in quoted}
    units = {one: currency_unit(one)[1] for one in quoted}
    named = keys.with_columns(pl.col("currency").replace_strict(names, return_dtype=pl.String))
    return named, keys["currency"].replace_strict(units, return_dtype=pl.Float64).to_numpy()


def _with_before(window: Window) -> Window:
    """Return the window with the session before it, whose close is the reference."""
    return Window(window.start - 1, window.end)
