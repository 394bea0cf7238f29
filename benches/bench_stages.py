"""Single stages, each beside the plainest NumPy or Polars work on the same data."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl
from measure import Step, alternate
from pytest_benchmark.fixture import BenchmarkFixture
from workload.universe import Universe

from backtest.engine.sample import Sample
from backtest.events.exchanges import exchange_of
from backtest.events.sessions import clock
from backtest.inference import tests
from backtest.prices.panel import build_panel
from backtest.spec import Window

READ = "reading the Parquet file"
SEARCH = "one sorted search"
MEAN = "mean and standard deviation"


def test_panel(benchmark: BenchmarkFixture, universe: Universe) -> None:
    bars = universe.prices.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("open", "high", "low", "adj_close")
    )
    dates = bars["date"].unique().sort().to_numpy().astype("datetime64[D]")
    tickers = bars["ticker"].unique().sort().to_list()
    alternate(
        benchmark,
        f"the panel of {len(bars):,} prices",
        Step(READ, lambda: pl.read_parquet(universe.path), count=len(bars)),
        Step("building it", lambda: build_panel(bars, dates, tickers), over=READ, count=len(bars)),
        rounds=9,
    )


def test_clock(benchmark: BenchmarkFixture) -> None:
    new_york = clock(exchange_of("", "XNYS"))
    rng = np.random.default_rng(5)
    first, last = np.datetime64("2000-01-03", "us"), np.datetime64("2025-12-31", "us")
    instants = first + (rng.random(1_000_000) * (last - first).astype(np.int64)).astype(
        "timedelta64[us]"
    )
    closes, plain = new_york.closes.astype(np.int64), instants.astype(np.int64) * 1000
    alternate(
        benchmark,
        "the sessions of 1,000,000 moments",
        Step(SEARCH, lambda: np.searchsorted(closes, plain), count=len(plain)),
        Step("clock", lambda: new_york.reacting(instants), over=SEARCH, count=len(plain)),
        rounds=9,
    )


def test_inference(benchmark: BenchmarkFixture) -> None:
    """Every test that is found on 27 columns (21 days, 6 windows), 1 % of the values missing."""
    keys = tests.keys()
    rng = np.random.default_rng(6)
    car = rng.normal(0.001, 0.03, (10_000, 27))
    car[rng.random(car.shape) < 0.01] = np.nan
    sample = Sample(
        tuple(Window(column, column) for column in range(27)),
        car,
        car / 0.03,
        car / 0.03,
        np.isfinite(car).astype(np.int64),
        np.full(len(car), 248, dtype=np.int64),
    )
    alternate(
        benchmark,
        "sample tests of 10,000 SIMULATED observations, 27 columns",
        Step(MEAN, lambda: (np.nanmean(car, axis=0), np.nanstd(car, axis=0)), count=len(car)),
        *(
            Step(key, partial(tests.get(key).run, sample), over=MEAN, count=len(car))
            for key in keys
        ),
        rounds=9,
    )
