"""Running the same study again: nothing changed, and one event of 10,000 changed.

What is asked depends on the study: with five simple tests a warm run may cost 5 % of a cold one and
a change 10 %, with the default tests 3 % and 5 %. A cold run has no results, no parsed
announcements and no panel; the exchange's session table is there, so that making it (half a second,
once a year) does not flatter the ratios.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import polars as pl
import pytest
from measure import Act, Step, alternate
from pytest_benchmark.fixture import BenchmarkFixture
from workload.announcements import COMPACT, FULL, move
from workload.direct import SIMPLE_TESTS
from workload.universe import Universe

import backtest as bt
from backtest.results.result import StudyResult
from backtest.spec import DEFAULT_TESTS

COUNT = 10_000
COLD = "cold"
FEW = 40
"""Parties and candidate sessions of one announcement."""

Run = Callable[[], StudyResult]


@dataclass(frozen=True, slots=True)
class Study:
    """A study by its tests, and the shares of a cold run that a warm and a changed one may cost."""

    name: str
    tests: tuple[str, ...]
    warm: float
    changed: float


SIMPLE = Study("5 tests", SIMPLE_TESTS, 0.05, 0.10)
DEFAULT = Study("default tests", DEFAULT_TESTS, 0.03, 0.05)
STUDIES = [pytest.param(study, id=study.name.replace(" ", "-")) for study in (SIMPLE, DEFAULT)]
FOLDERS = [pytest.param(COMPACT, 3, id=COMPACT), pytest.param(FULL, 2, id=FULL)]


def _reprocess(
    benchmark: BenchmarkFixture,
    story: str,
    study: Study,
    run: Run,
    change: Act,
    new_cache: Act,
    rounds: int,
) -> None:
    """Run cold, warm and with one event changed, and see that each computed what it should."""

    def cold() -> None:
        assert run().provenance.reused == 0

    def warm() -> None:
        assert run().provenance.computed == 0

    def changed() -> None:
        assert 1 <= run().provenance.computed <= FEW

    alternate(
        benchmark,
        f"{story}, {study.name}",
        Step(COLD, cold, count=COUNT, before=new_cache),
        Step("warm: nothing changed", warm, over=COLD, at_most=study.warm),
        Step("one changed", changed, over=COLD, at_most=study.changed, before=change),
        rounds=rounds,
        warm_up=False,
    )


def _run(study: Study, events: Path, universe: Universe, cache: Path) -> Run:
    return lambda: bt.run(events=events, prices=universe.path, cache=cache, tests=study.tests)


@pytest.mark.parametrize("study", STUDIES)
def test_table(
    benchmark: BenchmarkFixture,
    study: Study,
    universe: Universe,
    new_cache: Callable[[], None],
    tmp_path: Path,
) -> None:
    path = tmp_path / "events.parquet"
    events = universe.events(COUNT)
    events.write_parquet(path)
    run = _run(study, path, universe, tmp_path / "cache")
    other_days = universe.events(100, seed=8)["date"]
    days = count()

    def change() -> None:
        day = other_days[next(days)]
        moved = pl.when(pl.int_range(pl.len()) == 3).then(day).otherwise("date").alias("date")
        events.with_columns(moved).write_parquet(path)

    story = f"again: a table of {COUNT:,} SIMULATED events"
    _reprocess(benchmark, story, study, run, change, new_cache, rounds=7)


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize(("kind", "rounds"), FOLDERS)
def test_folder(
    benchmark: BenchmarkFixture,
    study: Study,
    universe: Universe,
    calendars: Callable[[str], Path],
    new_cache: Callable[[], None],
    tmp_path: Path,
    kind: str,
    rounds: int,
) -> None:
    folder = calendars(kind)
    run = _run(study, folder, universe, tmp_path / "cache")
    file = sorted(folder.iterdir())[3]
    story = f"again: a folder of {COUNT:,} SIMULATED announcements, {kind}"
    _reprocess(benchmark, story, study, run, lambda: move(file), new_cache, rounds=rounds)
