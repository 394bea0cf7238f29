"""The tables of a paper as GitHub's Markdown, for an issue or a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.exports import Written
from backtest.exports._journal import Cell, Journal, journals
from backtest.files import write_texts

if TYPE_CHECKING:
    from backtest.results.result import StudyResult

NAME = "tables.md"

_MEANT = re.compile(r"([\\`*_\[\]#|~<>&$@]|/(?=/))")
"""Signs that make something of a text: markup, links, mentions, HTML, or the end of a cell."""


class Markdown:
    """`tables.md` with every table."""

    key = "markdown"
    title = "the same tables as GitHub Markdown"

    def check(self) -> None:
        """Need nothing more."""

    def write(self, result: StudyResult, folder: Path) -> Written:
        """Write the tables."""
        head = f"# Event study of {_text(result.provenance.events)}\n\n"
        text = head + "\n".join("".join(_table(one)) for one in journals(result))
        return Written(write_texts(folder, {NAME: text}))


EXPORT = Markdown()


def _table(table: Journal) -> Iterator[str]:
    yield f"## {_text(table.caption)}\n\n"
    yield _row(map(_text, table.columns))
    sides = ("---" if place < table.texts else "--:" for place in range(len(table.columns)))
    yield _row(sides)
    for panel in table.panels:
        if panel.title:
            yield _row([f"**{_text(panel.title)}**", *[""] * (len(table.columns) - 1)])
        for row in panel.rows:
            yield _row(map(_cell, row))
    notes = ". ".join(_text(note) for note in table.notes)
    yield f"\n<sub>Notes: {notes}.</sub>\n"


def _row(cells: Sequence[str] | Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cell(cell: Cell) -> str:
    below = f"<br>{_text(cell.below)}" if cell.below else ""
    return f"{_text(cell.text)}{_text(cell.stars)}{below}"


def _text(text: str) -> str:
    """Return a text that Markdown prints as it is, on one line."""
    return _MEANT.sub(r"\\\1", " ".join(text.split()))
