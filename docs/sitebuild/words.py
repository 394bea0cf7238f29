"""Small pieces of Markdown that the generated pages share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

SECTIONS = {
    "1": "time",
    "2": "returns",
    "3": "expected-returns",
    "4": "abnormal-returns-and-their-variance",
    "5": "sample-tests",
    "6": "cross-section",
    "7": "synthetic-control",
    "8": "market-value",
    "9": "claims",
    "10": "conventions-on-which-tools-differ",
}
"""Sections of the page of methods, by the numbers under which docstrings cite them."""

_CITED = re.compile(r"METHODS((?:,? §\d+)+)")


def linked(text: str) -> str:
    """Turn `METHODS §5` into links to the page of methods, seen from `reference/`."""

    def link(match: re.Match[str]) -> str:
        numbers = re.findall(r"\d+", match[1])
        return ", ".join(f"[Methods §{n}](../methods.md#{SECTIONS[n]})" for n in numbers)

    return _CITED.sub(link, text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; pipes in cells are kept from being read as borders."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "&#124;").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def term(name: str, text: str) -> str:
    """Return one entry of a definition list; `text` may have several paragraphs."""
    indented = "\n".join(f"    {line}" if line else "" for line in text.strip().splitlines())
    return f"{name}\n:   {indented.strip() or '–'}\n"


def plain(text: str) -> str:
    """Keep the characters of help texts from being read as Markdown, outside of code."""
    parts = re.split(r"(`[^`]*`)", text)
    marked = [
        part if part.startswith("`") else re.sub(r"([*_<>\[\]$|])", r"\\\1", part) for part in parts
    ]
    return "".join(marked)
