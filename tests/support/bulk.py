"""Made-up prices and events in bulk: simulated figures on the real sessions of New York."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from backtest.prices.providers.snapshot import read_table

BENCHMARK = "SPY"


def sessions(count: int | None = None) -> list[dt.date]:
    """Return the last `count` of the 448 sessions the snapshot spans, all of them by default."""
    bars = read_table("bars")
    days: list[dt.date] = bars.filter(bars["ticker"] == BENCHMARK)["date"].sort().to_list()
    return days[-count:] if count else days


def made_prices(
    tickers: Sequence[str],
    days: Sequence[dt.date] | None = None,
    *,
    seed: int = 1,
    benchmark: str = BENCHMARK,
) -> pl.DataFrame:
    """Return a long table `date, ticker, close` of simulated prices, the benchmark among them.

    A ticker's path depends on its name and the seed only, not on the others in the table.
    """
    days = sessions() if days is None else days
    market = np.random.default_rng(seed).normal(0.0004, 0.009, len(days))
    parts = [_path(benchmark, days, market)]
    for ticker in tickers:
        rng = np.random.default_rng([seed, *ticker.encode()])
        beta = rng.uniform(0.5, 1.6)
        parts.append(_path(ticker, days, beta * market + rng.normal(0.0, 0.018, len(days))))
    return pl.concat(parts)


def _path(ticker: str, days: Sequence[dt.date], returns: np.ndarray) -> pl.DataFrame:
    close = np.round(100.0 * np.cumprod(1.0 + returns), 4)
    return pl.DataFrame({"date": days, "ticker": [ticker] * len(days), "close": close})


def made_events(
    count: int, tickers: Sequence[str], days: Sequence[dt.date] | None = None, *, seed: int = 2
) -> pl.DataFrame:
    """Return `event_id, ticker, date, group`, on sessions with full windows around them."""
    days = sessions() if days is None else days
    rng = np.random.default_rng(seed)
    at = rng.integers(275, len(days) - 12, count)
    return pl.DataFrame(
        {
            "event_id": [f"e{number:04d}" for number in range(count)],
            "ticker": [tickers[number % len(tickers)] for number in range(count)],
            "date": [days[place] for place in at],
            "group": ["even" if number % 2 == 0 else "odd" for number in range(count)],
        }
    )


def one_event(ticker: str, day: dt.date | str, key: str = "one") -> pl.DataFrame:
    """Return a table of a single event."""
    return pl.DataFrame({"event_id": [key], "ticker": [ticker], "date": [str(day)]})


def save(frame: pl.DataFrame, path: Path) -> Path:
    """Write a table as its suffix says and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)
    return path
