"""A study of many events: the engine alone, and everything from files to tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from measure import Step, alternate
from pytest_benchmark.fixture import BenchmarkFixture
from workload.direct import SIMPLE_TESTS, threads
from workload.universe import BENCHMARK, Universe

import backtest as bt
from backtest.engine.estimate import estimate
from backtest.engine.job import Job
from backtest.events.session_table import session_table
from backtest.models import models
from backtest.prices.panel import build_panel
from backtest.spec import StudySpec

SIZES = [pytest.param(10_000, 7, id="10000"), pytest.param(100_000, 3, id="100000")]
ENGINE = "engine alone"


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize(("count", "rounds"), SIZES)
def test_study(
    benchmark: BenchmarkFixture, universe: Universe, tmp_path: Path, count: int, rounds: int
) -> None:
    events = universe.events(count)
    path = tmp_path / "events.parquet"
    events.write_parquet(path)
    job = _job(universe, events)

    def study() -> None:
        result = bt.run(
            events=path, prices=universe.path, model="market", tests=SIMPLE_TESTS, cache=False
        )
        assert result.provenance.computed == count

    alternate(
        benchmark,
        f"a study of {count:,} SIMULATED events, market model, {len(SIMPLE_TESTS)} tests, no cache",
        Step(ENGINE, lambda: estimate(job, threads()), count=count),
        Step("from files to tables", study, over=ENGINE, count=count),
        rounds=rounds,
    )


def _job(universe: Universe, events: pl.DataFrame) -> Job:
    """Return the engine's input for the events, as a study makes it."""
    prices = universe.prices
    span = (prices["date"].min(), prices["date"].max())
    dates = session_table("XNYS", start=span[0], end=span[1]).dates
    tickers = prices["ticker"].unique().sort().to_list()
    bars = prices.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("open", "high", "low", "adj_close")
    )
    panel, _ = build_panel(bars, dates, tickers)
    return Job(
        panel.returns("simple"),
        {"market": tickers.index(BENCHMARK)},
        panel.rows(events["ticker"].to_list()),
        panel.index(events["date"].to_numpy().astype("datetime64[D]")).astype(np.int64),
        models.get("market"),
        StudySpec(tests=SIMPLE_TESTS),
    )
