"""The site builds without a warning, its links lead somewhere, and it asks nobody for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sitebuild.check import faults
from sitebuild.mathml import MathML

ROOT = Path(__file__).parents[2]


def test_every_page_is_there_and_in_the_navigation(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    for source in (ROOT / "docs").rglob("*.md"):
        name = source.relative_to(ROOT / "docs").with_suffix(".html")
        assert (site / name).is_file()
        assert f'{name.as_posix()}"' in index


def test_the_first_page_counts_the_calendar_right() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert f"A calendar of {len(list((ROOT / 'events').glob('*.yaml')))} announcements" in index


def test_formulas_are_drawn_by_the_browser_alone(site: Path) -> None:
    page = (site / "methods.html").read_text(encoding="utf-8")
    assert page.count("<math") > 100
    assert page.count('<math display="block"') > 20
    assert "arithmatex" not in page
    assert "merror" not in page


def test_amounts_of_dollars_are_no_formulas(site: Path) -> None:
    for name in ("index", "proof", "scale", "tutorial"):
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        formulas = re.findall(r"<math.*?</math>", text)
        assert not [one for one in formulas if "bn" in one or "<mi>o</mi>" in one]


def test_a_formula_that_cannot_be_read_ends_the_build() -> None:
    import markdown
    from math_core import LatexError

    options = {"pymdownx.arithmatex": {"generic": True}}
    extensions = ["pymdownx.arithmatex", MathML()]
    with pytest.raises(LatexError):
        markdown.markdown(r"$\nonsense$", extensions=extensions, extension_configs=options)


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="gone.html">x</a>', "links to gone.html, which is not there"),
        ('<a href="#gone">x</a>', "links to #gone, but the page has no such place"),
        ('<script src="https://example.org/x.js"></script>', "fetches https://example.org/x.js"),
        ('<link rel="stylesheet" href="//example.org/x.css">', "fetches //example.org/x.css"),
        ('<a href="https://example.org">x</a><a href="#here">y</a><p id="here">', None),
    ],
)
def test_the_check_sees(html: str, fault: str | None, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    assert faults(tmp_path) == ([f"page.html: {fault}"] if fault else [])


def test_nothing_built_is_a_fault(tmp_path: Path) -> None:
    assert faults(tmp_path) == [f"no pages in {tmp_path}"]
