"""Reports of studies, and a browser without a network to look at them."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backtest.report.html.page import page
from backtest.report.html.pictures import Painter, here
from backtest.report.html.sources import announcements_of, inputs_of
from backtest.report.html.story import Story, story
from backtest.results.result import StudyResult

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def story_of(
    result: StudyResult, events: Path, cache: Path, prices: str = "snapshot", paint: Painter = here
) -> Story:
    """Put the report of a study together."""
    inputs, provider = inputs_of(result, prices, cache_dir=cache, now=NOW)
    chosen = result.headlines["event_id"].to_list()
    told = announcements_of(events, chosen, cache)
    return story(result, inputs, provider, told, paint)


def page_of(result: StudyResult, events: Path, cache: Path, prices: str = "snapshot") -> str:
    """Return the report of a study."""
    return page(story_of(result, events, cache, prices))


def chromium() -> str:
    """Return the path of a browser, or skip the test."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        pytest.skip(f"no browser to look with: none of {', '.join(NAMES)} is installed")
    return found


@contextmanager
def browser() -> Iterator[Any]:
    """Start a browser, or skip the test where there is none."""
    path = chromium()
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield launched
        finally:
            launched.close()


class Seen:
    """What a page did besides showing itself: console messages, errors, requests."""

    def __init__(self, tab: Any) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        tab.on("console", lambda one: self.said.append(f"{one.type}: {one.text}"))
        tab.on("pageerror", lambda one: self.said.append(f"error: {one}"))
        tab.on("request", lambda one: self.asked.append(one.url))


@contextmanager
def opened(
    browser: Any,
    path: Path,
    *,
    width: int = 1280,
    scheme: str = "light",
    scripts: bool = True,
) -> Iterator[tuple[Any, Seen]]:
    """Open a file with the network off."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        offline=True,
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    tab = context.new_page()
    seen = Seen(tab)
    tab.goto(path.as_uri())
    try:
        yield tab, seen
    finally:
        context.close()


def drawn(tab: Any, scope: str) -> None:
    """Scroll through the figures of a part of the page until all of them are interactive."""
    figures = tab.locator(f"{scope} figure.chart")
    for at in range(figures.count()):
        one = figures.nth(at)
        one.scroll_into_view_if_needed()
        one.locator(".live svg").wait_for(state="visible", timeout=60_000)


Build = Callable[[StudyResult, Path, Path], str]
