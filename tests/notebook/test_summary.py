"""What a notebook shows of a result: figures of the tables, every word escaped, no extra needed."""

from __future__ import annotations

import sys
from html.parser import HTMLParser

import pytest
from support.drawn import HOSTILE

from backtest.notation import percent, stars
from backtest.notebook.summary import ROWS
from backtest.results.result import StudyResult


class _Page(HTMLParser):
    """The cells of all tables, the names of all elements, and whether all were closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.names: set[str] = set()
        self.open: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.open[-1:] and self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data


def test_it_holds_the_tables_figures(shipped: StudyResult) -> None:
    page = _Page(shipped._repr_html_())
    assert page.open == []
    averages, cars = page.tables
    assert averages[0][:3] == ["group", "n", "test"]
    assert [row[0] for row in averages[1:]] == ["role:counterparty", "all"]
    for row in averages[1:]:
        for head, cell in zip(averages[0][3:], row[3:], strict=True):
            start, end = (int(one.replace("−", "-")) for one in head.split()[1].split(":"))
            own = shipped.sample_tests.filter(group=row[0], test=row[2], start=start, end=end).row(
                0, named=True
            )
            assert cell == percent(own["mean"]) + stars(own["p"]).strip()
    assert len(cars) == 1 + ROWS
    assert "the first 20 of 143" in page.words
    assert cars[1][1:3] == ["ORCL", "+35.38%***"]
    assert "143 event × ticker in 36 events" in page.words
    assert "40 confirmed, 14 unverifiable, 12 contradicted" in page.words


def test_every_word_is_escaped(hostile: StudyResult) -> None:
    page = _Page(hostile._repr_html_())
    assert not {"img", "script"} & page.names
    assert HOSTILE in page.words


def test_it_needs_no_extra(shipped: StudyResult, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("altair", "great_tables", "vl_convert"):
        monkeypatch.setitem(sys.modules, name, None)
    assert shipped._repr_html_().startswith('<div class="backtest-result">')


def test_a_study_of_nothing_has_a_summary(shipped: StudyResult) -> None:
    nothing = {name: frame.clear() for name, frame in shipped.tables.items()} | {
        "headlines": shipped.headlines.clear(),
        "observations": shipped.observations.clear(),
    }
    page = _Page(shipped.with_tables(**nothing)._repr_html_())
    assert page.tables == []
    assert "0 event × ticker in 0 events" in page.words
