"""Markdown tables: GitHub prints texts as they are, a row is a row."""

from __future__ import annotations

import re
from pathlib import Path

from support.hostile import hostile

from backtest.exports import exports
from backtest.results.result import StudyResult

_CELLS = re.compile(r"(?<!\\)\|")


def written(result: StudyResult, folder: Path) -> str:
    (path,) = exports.get("markdown").write(result, folder).paths
    return path.read_text("utf-8")


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in _CELLS.split(line)[1:-1]] for line in lines]


def test_every_row_has_the_columns_of_its_heading(shipped: StudyResult, tmp_path: Path) -> None:
    for result in (shipped, hostile(shipped)):
        text = written(result, tmp_path)
        for block in text.split("\n\n"):
            sizes = {len(row) for row in rows(block)}
            assert len(sizes) <= 1, block[:200]


def test_figures_stars_and_errors(shipped: StudyResult, tmp_path: Path) -> None:
    found = rows(written(shipped, tmp_path))
    (amd,) = (row for row in found if row[:2] == ["AMD", "counterparty"])
    assert amd[2] == r"23.12\*\*\*<br>(2.29)"
    assert next(row for row in found if row[0] == "---")[:2] == ["---", "--:"]


def test_no_markup_comes_from_a_title(shipped: StudyResult, tmp_path: Path) -> None:
    text = written(hostile(shipped), tmp_path)
    assert set(re.findall(r"(?<!\\)<(/?\w+)", text)) == {"br", "sub", "/sub"}
    assert not re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", text)
    assert "http://" not in text
    assert "\\`c\\`" in text
