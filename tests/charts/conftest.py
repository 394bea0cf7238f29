"""Studies that charts are drawn from, and their data as a reader of the page gets them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.cli import CALENDAR
from support.drawn import AMD

from backtest.results.result import StudyResult


@pytest.fixture(scope="session")
def every_window(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    """Results of an event with the exact S(CAR) from day −10, and from 0, to every later day."""
    import backtest as bt

    folder = tmp_path_factory.mktemp("windows")
    shutil.copytree(warm / "sessions", folder / "sessions")
    return bt.run(
        events=CALENDAR,
        prices="snapshot",
        selection=[AMD, "2025-09-09*"],
        model=["market", "mean", "ff5", "market_adjusted"],
        cars=[f"-10:{day}" for day in range(-10, 11)] + [f"0:{day}" for day in range(11)],
        tests="cross_sectional,bmp,bmp_adjusted",
        cache=folder,
    )


@pytest.fixture(scope="session")
def single(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    """A study of one security on one day, from a table without titles."""
    import backtest as bt

    folder = tmp_path_factory.mktemp("single")
    shutil.copytree(warm / "sessions", folder / "sessions")
    table = folder / "one.csv"
    table.write_text("event_id,ticker,date\nsolo,AMD,2025-10-06\n")
    return bt.run(events=table, prices="snapshot", cache=folder)
