"""The site in a browser, opened from the disk: nothing is fetched, nothing overflows, search works.

Chromium is used where it is installed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
PHONE, DESK = 390, 1280

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")

WIDEST = ("index.html", "methods.html", "tutorial.html", "reference/plugins.html")

WIDER = """() => [...document.querySelectorAll('.md-content *')]
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter(e => !e.closest('pre, .formula, .md-typeset__scrollwrap'))
    .map(e => e.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_pages_fit_and_fetch_nothing(browser: Browser, site: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    pages = [path for path in sorted(site.rglob("*.html")) if path.name != "404.html"]
    assert len(pages) > 15
    for path in pages if width == PHONE else [site / name for name in WIDEST]:
        page.goto(path.as_uri(), wait_until="load")
        assert page.evaluate(WIDER) == [], path.name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
    assert [one for one in asked if not one.startswith("file:")] == []
    assert said == []
    page.close()


def test_output_of_a_hundred_columns_fits_on_a_desk(browser: Browser, site: Path) -> None:
    page = browser.new_page(viewport={"width": DESK, "height": 900})
    page.goto((site / "index.html").as_uri())
    wide = "e => e.filter(code => code.scrollWidth > code.clientWidth + 1).length"
    assert page.eval_on_selector_all(".language-console code", wide) == 0
    page.close()


def test_search_works_from_the_disk(browser: Browser, site: Path) -> None:
    page = browser.new_page(viewport={"width": DESK, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.get_by_role("button", name="Search").first.click()
    page.locator("input[type=text], input[type=search], input:not([type])").last.fill("grank_t")
    found = page.locator("a[href*='methods.html?h=grank_t#grank_t']").first
    found.wait_for(timeout=20_000)
    found.click()
    page.wait_for_url("**/methods.html*#grank_t")
    page.close()
