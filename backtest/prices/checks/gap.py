"""Sessions of the exchange without a close between the first and the last one, and strays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backtest.prices.checks._prices import CODE, FINDINGS, Prices, findings

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray


def find(prices: Prices) -> pl.DataFrame:
    """Count the sessions between neighbouring closes, exchange by exchange."""
    import polars as pl

    home = prices.setting.exchange
    names = prices.valid.group_by(CODE).agg(pl.col("ticker").first())
    found = [FINDINGS.empty()]
    for exchange, sessions in prices.setting.sessions.items():
        own = names.filter(
            pl.col("ticker").replace_strict(home, default=None, return_dtype=pl.String) == exchange
        )
        if own.is_empty() or not len(sessions):
            continue
        rows = prices.valid
        if len(own) < len(names):
            rows = rows.filter(pl.col(CODE).is_in(own[CODE].implode()))
        found += _of_exchange(rows, exchange, sessions.astype("datetime64[D]"))
    return pl.concat(found)


def _of_exchange(
    rows: pl.DataFrame, exchange: str, sessions: NDArray[np.datetime64]
) -> list[pl.DataFrame]:
    import polars as pl

    days = rows["date"].to_physical().to_numpy()
    axis = sessions.astype(np.int64)
    inside = (days >= axis[0]) & (days <= axis[-1])
    table = np.searchsorted(axis, np.arange(axis[0], axis[-1] + 1))
    place = table[np.where(inside, days - axis[0], 0)]
    stray = inside & (axis[place] != days)
    code = rows[CODE].to_numpy()
    on = np.flatnonzero(inside & ~stray)
    step = np.diff(place[on], prepend=0)
    fresh = np.diff(code[on], prepend=-1) != 0
    at = np.flatnonzero((step > 1) & ~fresh)
    last_before, after = on[at - 1], on[at]
    gaps = pl.DataFrame(
        {
            "ticker": rows["ticker"].gather(after),
            "date": sessions[place[last_before] + 1],
            "until": sessions[place[after] - 1],
            "close": (step[at] - 1).astype(np.float64),
            "count": step[at] - 1,
        }
    )
    missing = (
        pl.when(pl.col("count") == 1)
        .then(pl.format("no close on a session of {}", pl.lit(exchange)))
        .otherwise(
            pl.format("no close on {} sessions of {} to {}", "count", pl.lit(exchange), "until")
        )
    )
    extra = pl.lit(f"a price on a day that is no session of {exchange}")
    strays = rows.filter(pl.Series(stray))
    return [
        findings(gaps, "gap", missing, value=pl.col("close"), until=pl.col("until")),
        findings(strays, "gap", extra),
    ]
