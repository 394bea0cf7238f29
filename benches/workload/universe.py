"""The universe of prices: 2,500 securities over 1,148 sessions, and events on it.

The developers' reference table where it lies beside the project (`../shared`), else a SIMULATED
table of the same shape. `BENCH_UNIVERSE=simulated` takes the latter anywhere, so that two machines
measure the same thing.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from backtest.engine.arrays import Floats
from backtest.events.session_table import session_table

PROJECT = Path(__file__).parents[2]
SHARED = PROJECT.parent / "shared" / "data" / "market" / "universe.parquet"
BENCHMARK = "SPY"
FIRST, LAST = dt.date(2022, 1, 3), dt.date(2026, 7, 31)
BEFORE, AFTER = 150, 11
"""Sessions with a price around an event: enough to estimate on, often less than the full window."""

SECURITIES, LATE, STILL, WITH_GAPS = 2500, 565, 63, 8


@dataclass(frozen=True)
class Universe:
    """A long price table `date, ticker, close`.

    Attributes:
        path: the Parquet file.
        label: what to tell the reader of a figure.
    """

    path: Path
    label: str

    @cached_property
    def prices(self) -> pl.DataFrame:
        """The table."""
        return pl.read_parquet(self.path)

    def events(self, count: int, seed: int = 7) -> pl.DataFrame:
        """Return SIMULATED `event_id, ticker, date`, on sessions with prices around them.

        Listings later than the table's start give shorter estimation windows, as in real samples.
        """
        order = pl.int_range(pl.len()).over("ticker")
        after = pl.len().over("ticker") - order
        inside = (pl.col("ticker") != BENCHMARK) & (order >= BEFORE) & (after > AFTER)
        places = self.prices.sort("ticker", "date").filter(inside).select("ticker", "date")
        drawn = places.sample(count, seed=seed, shuffle=True)
        name = pl.format("simulated-{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(6))
        return drawn.select(name.alias("event_id"), "ticker", "date")


def universe_at(folder: Path) -> Universe:
    """Return the reference table, or simulate one in `folder`."""
    if SHARED.is_file() and os.environ.get("BENCH_UNIVERSE") != "simulated":
        return Universe(SHARED, "the reference table of 2,500 US securities")
    path = folder / "simulated-universe.parquet"
    simulated_prices().write_parquet(path)
    return Universe(path, "a SIMULATED table of 2,500 securities")


def simulated_prices(seed: int = 11) -> pl.DataFrame:
    """Return made-up prices: a market factor, late listings, gaps and prices that stand still."""
    sessions = session_table("XNYS", start=FIRST, end=LAST).dates
    tickers = np.array([BENCHMARK, *(f"SIM{number:04d}" for number in range(1, SECURITIES))])
    closes = _walks(np.random.default_rng(seed), len(sessions))
    row, day = np.nonzero(np.isfinite(closes))
    return pl.DataFrame(
        {"date": sessions[day], "ticker": tickers[row], "close": closes[row, day].round(6)}
    )


def _walks(rng: np.random.Generator, length: int) -> Floats:
    """Return (securities, sessions) closes, NaN where there is none; row 0 is the benchmark."""
    market = rng.normal(0.0004, 0.011, length)
    returns = rng.uniform(0.3, 1.8, (SECURITIES, 1)) * market
    returns += rng.normal(0.0, rng.uniform(0.008, 0.04, (SECURITIES, 1)), (SECURITIES, length))
    returns[0] = market
    others = rng.permutation(np.arange(1, SECURITIES))
    still, late, gapped = np.split(others, [STILL, STILL + LATE])
    returns[still] = np.where(rng.random((STILL, length)) < 0.05, returns[still], 0.0)
    closes: Floats = rng.uniform(5, 300, (SECURITIES, 1)) * np.cumprod(1.0 + returns, axis=1)
    for row in late:
        closes[row, : rng.integers(20, length - 330)] = np.nan
    for row in gapped[:WITH_GAPS]:
        closes[row, rng.integers(1, length - 1, 4)] = np.nan
    return closes
