"""The engine `dask` with two worker processes of this machine against two threads.

Nothing is gained by it on one machine: what is measured is what sending blocks and answers costs,
so that it is known what is left of every worker of a cluster. Worker processes are started before
the blocks are timed; a study starts its own, and that is part of its time.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from measure import Step, alternate
from pytest_benchmark.fixture import BenchmarkFixture
from workload.direct import SIMPLE_TESTS, simulated_job
from workload.universe import Universe

import backtest as bt
from backtest.engine.estimate import estimate
from backtest.engine.job import Job
from backtest.engine.mapping import Mapper
from backtest.executors import executors, workers

pytest.importorskip("distributed", reason="the engine dask needs the extra `dask`")

WORKERS = 2
EFFICIENCY = 0.8
"""Of the rate of as many threads."""

AT_ONCE = 100_000
"""Events of one job: a million at once are 15 GB in this process, whatever computes them."""

THREADS = f"{WORKERS} threads of this process"
PROCESSES = f"{WORKERS} Dask worker processes"
FILES = "the same, blocks kept as Parquet"


def _jobs(count: int) -> list[Job]:
    """Return SIMULATED events in jobs of `AT_ONCE`."""
    whole = simulated_job("market", count)
    return [whole.take(slice(at, at + AT_ONCE)) for at in range(0, count, AT_ONCE)]


def _estimate(jobs: list[Job], map_blocks: Mapper) -> None:
    for job in jobs:
        estimate(job, map_blocks)


def _remove_blocks(folder: Path) -> None:
    """Leave nothing that would be found instead of computed."""
    for file in folder.glob("block-*"):
        file.unlink()


@pytest.mark.parametrize("count", [pytest.param(1_000_000, id="1000000")])
def test_blocks(benchmark: BenchmarkFixture, count: int, tmp_path: Path) -> None:
    jobs, few = _jobs(count), _jobs(AT_ONCE)
    threads = partial(executors.get("local").map, jobs=WORKERS)
    with (
        workers("dask", WORKERS) as processes,
        workers("dask", WORKERS, shared=str(tmp_path)) as by_files,
    ):
        _estimate(few, processes)
        _estimate(few, by_files)
        alternate(
            benchmark,
            f"blocks of {count:,} SIMULATED events, market model, with the days before them",
            Step(THREADS, lambda: _estimate(jobs, threads), count=count),
            Step(
                FILES,
                lambda: _estimate(jobs, by_files),
                over=THREADS,
                count=count,
                before=lambda: _remove_blocks(tmp_path),
            ),
            Step(
                PROCESSES,
                lambda: _estimate(jobs, processes),
                over=THREADS,
                at_most=1 / EFFICIENCY,
                count=count,
            ),
            rounds=3,
            warm_up=False,
        )


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize("count", [pytest.param(100_000, id="100000")])
def test_study(benchmark: BenchmarkFixture, universe: Universe, tmp_path: Path, count: int) -> None:
    path = tmp_path / "events.parquet"
    universe.events(count).write_parquet(path)

    def study(engine: str) -> None:
        options = {"jobs": WORKERS, "engine": engine, "cache": False}
        result = bt.run(events=path, prices=universe.path, tests=SIMPLE_TESTS, **options)
        assert result.provenance.computed == count

    alternate(
        benchmark,
        f"a study of {count:,} SIMULATED events, {len(SIMPLE_TESTS)} tests, no cache",
        Step(THREADS, lambda: study("local"), count=count),
        Step(PROCESSES, lambda: study("dask"), over=THREADS, count=count),
        rounds=2,
    )
