"""How much stood later, over the tables of the study."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from support.cli import CALENDAR
from support.report_page import story_of

from backtest.report.html.event import Page
from backtest.report.html.story import Story
from backtest.results.result import StudyResult


@pytest.fixture(scope="module")
def told(few: StudyResult, warm: Path) -> Story:
    return story_of(few, CALENDAR, warm)


def _page(story: Story, start: str) -> Page:
    return next(page for page in story.pages if page.id.startswith(start))


def test_it_is_the_car_of_the_study_where_that_reaches(told: Story, few: StudyResult) -> None:
    page = _page(told, "2025-10-06")
    assert page.main is not None
    own = few.cars.filter(pl.col("event_id") == page.id, pl.col("ticker") == "AMD")
    to_five = own.filter(pl.col("start") == 0, pl.col("end") == 5)["car"][0]
    after = {one.after: one for one in page.main.at}
    assert list(after) == [1, 5, 20, 60]
    assert after[5].car == pytest.approx(to_five)
    assert after[5].share == pytest.approx(to_five / page.main.abnormal)
    assert after[5].date == dt.date(2025, 10, 13)
    low, share, high = after[60].low, after[60].share, after[60].high
    assert low is not None
    assert share is not None
    assert high is not None
    assert low < high


def test_later_announcements_are_marked_by_their_sessions(told: Story) -> None:
    first = _page(told, "2025-09-09")
    assert [(one.event, one.after) for one in first.later] == [
        ("2025-09-10-orcl-openai-300b-wsj", 1),
        ("2025-10-06-amd-openai-6gw-warrant", 18),
    ]
    assert _page(told, "2025-10-06").later == []


def test_no_share_of_what_may_be_nothing(told: Story) -> None:
    page = _page(told, "2025-10-06")
    nvidia = next(line for line in page.lines if line.ticker == "NVDA")
    assert nvidia.t is not None
    assert abs(nvidia.t) < 1.96
    assert all(one.share is None for one in nvidia.at)
    assert any(one.car is not None for one in nvidia.at)


def test_an_event_without_prices_says_why(told: Story) -> None:
    page = _page(told, "2025-10-01")
    assert page.main is None
    assert page.figures == []
    assert page.why == "not among the 12 securities of the shipped snapshot"
    assert page.reaction.startswith("announced Wed 1 Oct 2025")


def test_the_second_candidate_stands_apart(told: Story) -> None:
    page = _page(told, "2025-09-10")
    assert {line.session for line in page.lines} == {dt.date(2025, 9, 11)}
    assert {line.session for line in page.others} == {dt.date(2025, 9, 10)}
    assert all(line.at == [] for line in page.others)
