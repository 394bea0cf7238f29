"""`backtest report`: the file of the shipped calendar, and of 1,000 SIMULATED events.

Beside each the study that it shows, taken from the cache. The shipped calendar's file has a page
for each event; of 1,000 events the strongest have one, so that the file opens at once. How many
bytes a file has stands in the story's name, and that the shipped one has fewer than three million
is no matter of the machine: it is asserted.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from measure import Step, alternate
from pytest_benchmark.fixture import BenchmarkFixture
from workload.universe import PROJECT, Universe

import backtest as bt
from backtest.report.html.file import write_page
from backtest.report.html.page import page
from backtest.report.html.pictures import painter
from backtest.report.html.sources import announcements_of, inputs_of
from backtest.report.html.story import charts_of, story
from backtest.results.result import StudyResult

CALENDAR = PROJECT / "events"
MOST_BYTES = 3_000_000
STUDY = "the study, from the cache"
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def test_shipped_calendar(benchmark: BenchmarkFixture, sessions: Path, tmp_path: Path) -> None:
    written = _measured(benchmark, CALENDAR, "snapshot", sessions.parent, tmp_path, "shipped")
    assert written < MOST_BYTES


def test_thousand_events(
    benchmark: BenchmarkFixture, universe: Universe, sessions: Path, tmp_path: Path
) -> None:
    events = tmp_path / "events.parquet"
    universe.events(1_000).write_parquet(events)
    _measured(benchmark, events, str(universe.path), sessions.parent, tmp_path, "SIMULATED")


def _measured(
    benchmark: BenchmarkFixture, events: Path, prices: str, cache: Path, folder: Path, which: str
) -> int:
    """Measure a report and the study it shows; return the bytes of its file."""

    def study() -> StudyResult:
        return bt.run(events=events, prices=prices, cache=cache)

    result = study()
    out = folder / "report.html"

    def report() -> int:
        return _report(result, events, prices, cache, out)

    written = report()
    count = len(result.headlines)
    alternate(
        benchmark,
        f"report of {count:,} {which} events, {written / 1e6:.2f} MB",
        Step(STUDY, study, count=count),
        Step("its report", report, over=STUDY, count=count),
        rounds=2,
        warm_up=False,
    )
    benchmark.extra_info["bytes"] = written
    return written


def _report(result: StudyResult, events: Path, prices: str, cache: Path, out: Path) -> int:
    told = announcements_of(events, cache_dir=cache)
    inputs, provider = inputs_of(result, prices, cache_dir=cache, now=NOW)
    with painter(charts_of(result), os.cpu_count() or 1) as paint:
        text = page(story(result, inputs, provider, told, paint))
    return write_page(text, out)
