"""Tests that pages name as proof are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(test_\w+)`")
DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if NAMED.search(path.read_text()))


@pytest.fixture(scope="module")
def tests() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {name for source in sources for name in DEFINED.findall(source)}


@pytest.mark.parametrize("page", PAGES, ids=[path.name for path in PAGES])
def test_every_test_that_is_named_exists(page: Path, tests: set[str]) -> None:
    # A page may name a file of tests as well.
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert set(NAMED.findall(page.read_text(encoding="utf-8"))) <= tests | files


def test_the_page_about_yahoo_names_some() -> None:
    assert "prices.md" in {page.name for page in PAGES}
