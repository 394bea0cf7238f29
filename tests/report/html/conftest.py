"""The report of the shipped calendar, made once for all tests of a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock
from support.cli import CALENDAR
from support.report_page import story_of

from backtest.report.html.file import write_page
from backtest.report.html.page import page
from backtest.report.html.pictures import painter
from backtest.report.html.story import charts_of
from backtest.results.result import StudyResult

FEW = ("2025-09-09-orcl*", "2025-09-10-orcl*", "2025-10-06-amd*", "2025-10-01-samsung*")
"""Announcements with many parties, with two candidate sessions, and with no price at all."""


@pytest.fixture(scope="session")
def shipped_page(
    shipped: StudyResult, warm: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The file of the whole shipped calendar."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    path = folder / "shipped.html"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            with painter(charts_of(shipped), os.cpu_count() or 1) as paint:
                write_page(page(story_of(shipped, CALENDAR, warm, paint=paint)), path)
    return path


@pytest.fixture(scope="session")
def few(warm: Path) -> StudyResult:
    """The study of a few of the shipped announcements."""
    import backtest as bt

    return bt.run(events=CALENDAR, prices="snapshot", selection=FEW, cache=warm)


@pytest.fixture(scope="session")
def few_page(few: StudyResult, warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a few announcements."""
    path = tmp_path_factory.mktemp("few") / "few.html"
    write_page(page(story_of(few, CALENDAR, warm)), path)
    return path
