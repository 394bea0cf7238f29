"""How long a command takes to start: whole processes, beside what any of them must pay."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from measure import Act, Step, alternate
from processes import COMMAND, Process, imports
from pytest_benchmark.fixture import BenchmarkFixture
from workload.universe import Universe

BARE = "python -c pass"
POLARS = "import polars"
ROUNDS = 15


def test_help(benchmark: BenchmarkFixture, process: Process) -> None:
    alternate(
        benchmark,
        "starting: help",
        Step(BARE, process(sys.executable, "-c", "pass")),
        Step("backtest --help", process(COMMAND, "--help"), over=BARE, at_most=4),
        rounds=ROUNDS,
    )


def test_events_list(benchmark: BenchmarkFixture, process: Process, tmp_path: Path) -> None:
    listing = process(COMMAND, "events", "list")
    alternate(
        benchmark,
        "starting: the shipped calendar",
        Step(POLARS, process(sys.executable, "-c", "import polars")),
        Step(
            "events list, first time",
            listing,
            over=POLARS,
            at_most=2,
            before=lambda: shutil.rmtree(tmp_path / "cache", ignore_errors=True),
        ),
        Step("events list", listing, over=POLARS, at_most=2),
        rounds=ROUNDS,
    )


def test_cold_studies(
    benchmark: BenchmarkFixture,
    process: Process,
    universe: Universe,
    new_cache: Act,
    tmp_path: Path,
) -> None:
    """From a list of events to files on disk: no results and no panel are there before."""

    def study(count: int) -> Act:
        events = tmp_path / f"{count}.parquet"
        universe.events(count).write_parquet(events)
        files = ("--events", events, "--prices", universe.path, "--out", tmp_path / "out")
        return process(COMMAND, "run", *map(str, files))

    alternate(
        benchmark,
        "a whole process, from SIMULATED events and the price table to files, nothing cached",
        Step(POLARS, process(sys.executable, "-c", "import polars")),
        Step("100 events", study(100), over=POLARS, beyond=0.3, before=new_cache),
        Step("10,000 events", study(10_000), over=POLARS, beyond=2.0, before=new_cache),
        rounds=7,
    )


def test_shipped_warm(benchmark: BenchmarkFixture, process: Process) -> None:
    """The shipped calendar when nothing changed, beside importing all that the command imports."""
    command = ("reprocess", "--prices", "snapshot")
    alternate(
        benchmark,
        "the shipped calendar, nothing changed",
        Step("its imports", imports(process, *command)),
        Step(
            "backtest reprocess, warm",
            process(COMMAND, *command),
            over="its imports",
            beyond=0.06,
        ),
        rounds=ROUNDS,
    )
