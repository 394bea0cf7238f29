"""Single stages, each beside the plainest NumPy or Polars work on the same data."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
from measure import Step, alternate
from pytest_benchmark.fixture import BenchmarkFixture
from workload.universe import Universe

from backtest.engine.history import History
from backtest.engine.ranks import both_ranks
from backtest.engine.rows import Rows
from backtest.engine.sample import Sample
from backtest.events.exchanges import exchange_of
from backtest.events.sessions import clock
from backtest.inference import tests
from backtest.prices.panel import build_panel
from backtest.spec import DEFAULT_TESTS, StudySpec, Window

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
    """The tests of `run` on 26 columns (21 days, 5 windows), 1 % of the values missing."""
    sample = _sample(10_000)
    alternate(
        benchmark,
        f"tests of {len(sample.car):,} SIMULATED observations, {len(sample.columns)} columns",
        Step(
            MEAN,
            lambda: (np.nanmean(sample.car, axis=0), np.nanstd(sample.car, axis=0)),
            count=len(sample.car),
        ),
        *(
            # What tests share of a sample is made by each of them here.
            Step(
                key,
                partial(lambda test: test.run(replace(sample)), tests.get(key)),
                over=MEAN,
                count=len(sample.car),
            )
            for key in DEFAULT_TESTS
        ),
        rounds=9,
    )


def _sample(count: int) -> Sample:
    """Return SIMULATED abnormal returns of 2,500 securities on 1,000 sessions."""
    spec = StudySpec()
    rng = np.random.default_rng(6)
    days = len(spec.estimation) + len(spec.window)
    abnormal = rng.normal(0.0, 0.02, (count, days))
    abnormal[rng.random(abnormal.shape) < 0.001] = np.nan
    ranks, own_ranks = both_ranks(abnormal, len(spec.estimation))
    columns = tuple(Window(day, day) for day in range(-10, 11)) + spec.cars[1:]
    car = rng.normal(0.001, 0.03, (count, len(columns)))
    car[rng.random(car.shape) < 0.01] = np.nan
    session = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-01-01") + 1_300)
    history = History(
        Rows(abnormal),
        Rows(ranks),
        Rows(own_ranks),
        errors=np.full((count, len(spec.window)), 0.02),
        value=np.full(count, np.nan),
        sigma=np.full(count, 0.02),
        day0=rng.integers(280, 1_280, count),
        exchange=np.zeros(count, dtype=np.int64),
        event=np.arange(count),
        security=rng.integers(0, 2_500, count),
        sessions=(np.arange(len(session)),),
        axis=session,
        estimation=spec.estimation,
        window=spec.window,
    )
    return Sample(
        columns,
        car,
        car / 0.03,
        car / 0.03,
        np.isfinite(car).astype(np.int64),
        np.full(count, 248, dtype=np.int64),
        history,
    )
