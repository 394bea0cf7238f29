"""The page of methods knows every model and test, and cites every paper it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backtest.inference import single_tests, tests
from backtest.models import models

SOURCES = {
    key: registry.get(key).source
    for registry in (models, tests, single_tests)
    for key in (*registry.keys(),)
}
SOURCES = {
    key: registry.get(key).source
    for registry in (models, tests, single_tests)
    for key in (*registry.keys(),)
}
DOCS = Path(__file__).parents[2] / "docs"
METHODS = (DOCS / "methods.md").read_text(encoding="utf-8")
TEXT, PAPERS = METHODS.split("## Papers")
PROOF = (DOCS / "proof.md").read_text(encoding="utf-8")
WHICH = (DOCS / "guides" / "which-test.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", SOURCES)
def test_every_model_and_test_has_its_section(key: str) -> None:
    assert f"\n### {key} {{#{key}}}\n\n" in METHODS


@pytest.mark.parametrize("key", SOURCES)
def test_its_papers_are_in_the_list(key: str) -> None:
    source = SOURCES[key]
    for years in re.findall(r"(?:19|20)\d\d", source):
        before = source[: source.index(years)].rstrip(" ,0123456789")
        name = re.split(r"[;,&]", before)[-1].strip().split(" et al")[0]
        assert re.search(rf"^- .*{re.escape(name)}.*\({years}\)", PAPERS, re.MULTILINE), source


def test_every_citation_of_the_text_is_in_the_list() -> None:
    cited = set(re.findall(r"([A-ZÀ-Ý][a-zà-ÿ]+)\)? \(?((?:19|20)\d\d)", TEXT))
    assert len(cited) > 30
    for name, year in cited:
        assert re.search(rf"^- .*{name}.*\({year}\)", PAPERS, re.MULTILINE), f"{name} {year}"


def _rates(title: str) -> dict[str, list[str]]:
    """Return the figures behind each test's name in a table of docs/proof.md."""
    block = PROOF[PROOF.index(title) :].split("\n\n")[0]
    return {line.split()[0]: line.split()[1:] for line in block.splitlines()[2:]}


def test_rates_of_the_guide_are_those_of_the_proof() -> None:
    random = _rates("50 events on random dates, 10,000 samples")
    shared = _rates("50 events sharing one random date, 10,000 samples")
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", WHICH, re.MULTILINE)
    assert len(rows) >= 10
    for key, one, other, power in rows:
        # 1 %, 5 %, band, 10 %, +0.5 %, +1 %
        assert [one, other, power] == [random[key][1], shared[key][1], shared[key][5]], key


def test_rates_of_few_events_are_those_of_the_proof() -> None:
    five = _rates("5 events on random dates, 10,000 samples")
    for key in ("bmp_adjusted", "rank", "grank_t"):
        assert f"`{key}`" in WHICH
        assert f"{five[key][1]} %" in WHICH
    alone = _rates("1 event on random dates, 10,000 samples")
    for key in ("event_t", "event_sq"):
        assert f"{alone[key][1]} %" in WHICH
        assert f"{alone[key][0]} %" in WHICH
