"""The file as text: its size, its outline, and that it asks nobody for anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from support.bulk import made_events, made_prices, save
from support.report_page import story_of

import backtest as bt
from backtest.report.html.page import page
from backtest.report.html.story import LISTED, SHOWN, STRONGEST

MOST_BYTES = 3_000_000


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.loose_headers = 0
        self.landmarks: set[str] = set()
        self.unlabelled = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.loose_headers += tag == "th" and "scope" not in given
        self.landmarks |= {tag} & {"header", "nav", "main", "footer"}
        self.unlabelled += given.get("role") == "img" and not given.get("aria-label")


def test_the_shipped_calendar_is_under_three_megabytes(shipped_page: Path) -> None:
    assert shipped_page.stat().st_size < MOST_BYTES


def test_headings_landmarks_and_table_headers(few_page: Path) -> None:
    outline = Outline()
    outline.feed(few_page.read_text(encoding="utf-8"))
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(outline.levels))
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.loose_headers == 0
    assert outline.landmarks == {"header", "nav", "main", "footer"}
    assert outline.unlabelled == 0


def test_it_may_ask_nobody(few_page: Path) -> None:
    text = few_page.read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src &#39;none&#39;")
    assert "connect-src" not in policy
    assert "http" not in policy
    assert not re.findall(r"<(?:link|iframe|object|embed|base)\b", text)
    assert not re.findall(r"<(?:script|img|source)[^>]*\bsrc=", text)
    assert "url(http" not in text
    assert "@import" not in text


def test_a_large_study_is_summarised(tmp_path: Path, cache: Path) -> None:
    tickers = tuple(f"T{at}" for at in range(6))
    events, prices = tmp_path / "events.csv", tmp_path / "prices.csv"
    save(made_events(SHOWN + 30, tickers), events)
    save(made_prices(tickers), prices)
    result = bt.run(events, prices, cache=cache)
    story = story_of(result, events, cache, str(prices))
    assert len(story.pages) == STRONGEST
    assert len(story.listed) == min(LISTED, result.cars["event_id"].n_unique())
    sizes = [abs(one.t) for one in story.listed]
    assert sizes == sorted(sizes, reverse=True)
    shown = {one.event for one in story.listed[:STRONGEST]}
    assert {one.id for one in story.pages} == shown
    assert {one.event for one in story.listed if one.anchor} == shown
    text = page(story)
    assert f"{SHOWN + 30} events are too many to show one by one" in text
    assert text.count('<details class="event"') == STRONGEST


@pytest.mark.parametrize("measure", ["volume", "volatility"])
def test_other_measures_have_a_report_too(tmp_path: Path, warm: Path, measure: str) -> None:
    from support.cli import CALENDAR

    result = bt.run(CALENDAR, "snapshot", selection="2025-10-06*", measure=measure, cache=warm)
    text = page(story_of(result, CALENDAR, warm))
    assert "How much of it stood later" not in text
    assert "AMD" in text
    assert "+23.71%" not in re.sub(
        r"<ul class=\"claims\">.*?</ul>|<table.*?</table>", "", text, flags=re.S
    )


def test_nothing_studied_is_said(warm: Path) -> None:
    from support.cli import CALENDAR

    result = bt.run(CALENDAR, "snapshot", selection="2026-10-08*", cache=warm)
    text = page(story_of(result, CALENDAR, warm))
    assert "Nothing could be studied" in text
    assert "not yet traded" in text
