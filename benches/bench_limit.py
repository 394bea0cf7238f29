"""The engine against the machine: what its memory could do for as many events.

An event of the market model with 250 estimation and 21 event days cannot cost less than reading its
returns and the benchmark's once and writing its results: 2.4 kB moved. How fast this machine moves
memory is measured in the same run, so that the ratio says how far the engine is from the bound.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from measure import Step, alternate
from processes import STATUS
from pytest_benchmark.fixture import BenchmarkFixture
from workload.direct import THREADS, simulated_job, threads, with_all_tests

from backtest.engine.estimate import standardise
from backtest.engine.job import Job

HERE = Path(__file__).parent

MOVED = 2_400
"""Bytes an event."""

MEMORY, MARKET, SIX = "memory moved for as many", "AR, CAR and SE, market model", "ff5 + momentum"
EVERY = "all sample tests with ranks"

GROWTH = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)


def _read(memory: np.ndarray) -> None:
    """Add up memory on all processors."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(np.add.reduce, np.array_split(memory, THREADS)))


def test_limit(benchmark: BenchmarkFixture) -> None:
    count = 1_000_000
    memory = np.ones(count * MOVED // 8)
    market, six = simulated_job("market", count), simulated_job("ff6", count)
    fifth = market.take(np.arange(count // 5))
    alternate(
        benchmark,
        f"{count:,} SIMULATED events and the machine's memory",
        Step(MEMORY, lambda: _read(memory), count=count),
        Step(
            MARKET,
            lambda: standardise(market, threads()),
            over=MEMORY,
            at_most=7.0,
            count=count,
            at_least=700_000,
        ),
        Step(SIX, lambda: standardise(six, threads()), over=MARKET, at_most=1.6, count=count),
        Step(
            f"{EVERY}, a fifth of them",
            lambda: with_all_tests(fifth, threads()),
            count=len(fifth.rows),
            at_least=150_000,
        ),
        rounds=3,
    )


def test_growth(benchmark: BenchmarkFixture) -> None:
    """The cost of an event, whatever their number; the yardstick is the largest."""
    largest = simulated_job("market", max(GROWTH))
    jobs = {count: largest.take(np.arange(count)) for count in GROWTH}

    def each(job: Job) -> None:
        # Few events are over too soon to be timed once.
        for _ in range(max(1, 300_000 // len(job.rows))):
            standardise(job, threads())

    def processed(job: Job) -> int:
        return max(1, 300_000 // len(job.rows)) * len(job.rows)

    alternate(
        benchmark,
        "AR, CAR and SE by number of SIMULATED events, market model",
        *(
            Step(f"{count:,} events", partial(each, job), count=processed(job), size=count)
            for count, job in jobs.items()
        ),
        rounds=3,
    )


def test_growth_with_tests(benchmark: BenchmarkFixture) -> None:
    largest = simulated_job("market", 300_000)
    jobs = {count: largest.take(np.arange(count)) for count in GROWTH if count <= 300_000}
    alternate(
        benchmark,
        f"{EVERY} by number of SIMULATED events, market model",
        *(
            Step(
                f"{count:,} events",
                partial(with_all_tests, job, threads()),
                count=count,
                size=count,
            )
            for count, job in jobs.items()
        ),
        rounds=3,
    )


_CHILD = """
from bench_limit import simulated_job, standardise, threads
from processes import memory

standardise(simulated_job("market", 30_000), threads())
job = simulated_job("market", 1_000_000)
before = memory("VmHWM")
made = standardise(job, threads())
answer = sum(one.nbytes for one in (made.abnormal, made.std_error, made.car, made.car_error))
print(before, memory("VmHWM"), answer / 1e9)
"""


@pytest.mark.skipif(not STATUS.exists(), reason="peak memory is read as Linux tells it")
def test_memory(benchmark: BenchmarkFixture) -> None:
    """Peak memory of a process of its own, beyond what panel, events and libraries take."""
    answers: list[str] = []

    def child() -> None:
        program = [sys.executable, "-c", _CHILD]
        ran = subprocess.run(program, capture_output=True, text=True, check=True, cwd=HERE)
        answers.append(ran.stdout)

    benchmark.pedantic(child, rounds=1)
    if benchmark.enabled:
        before, after, answer = map(float, answers[-1].split())
        more = after - before
        benchmark.extra_info |= {
            "story": "peak memory of 1,000,000 SIMULATED events: AR, CAR and SE take "
            f"{more:.2f} GB beyond the panel (target ≤ 1 GB: {'met' if more <= 1 else 'MISSED'}; "
            f"the answer itself is {answer:.2f} GB)",
            "steps": [],
        }
