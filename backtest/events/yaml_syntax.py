"""What the YAML parser stumbled over, in words for the person who wrote the file."""

from __future__ import annotations

from pathlib import Path

from yaml import Mark, MarkedYAMLError, YAMLError
from yaml.reader import Reader, ReaderError

from backtest.errors import Location, Problem

_SENTENCES: tuple[tuple[str, str, str | None], ...] = (
    (
        "mapping values are not allowed",
        "a `:` where none is expected",
        "put text that contains `: ` in quotes, and start every field on its own line",
    ),
    (
        "single document",
        "a second document starts here (`---`)",
        "write several as one list, or one file each",
    ),
    (
        "unexpected end of stream",
        "a quoted text that starts here never ends",
        "close the quote",
    ),
    (
        "while parsing a flow",
        "a `[` or `{` that starts here is not closed, or lacks a comma",
        None,
    ),
    (
        "cannot start any token",
        "an unquoted text cannot start with this character",
        "put the text in quotes",
    ),
    ("undefined alias", "an alias (`*name`) to an anchor that does not exist", "quote the text"),
    ("duplicate anchor", "this anchor (`&name`) was set before", None),
    (
        "unknown escape",
        "an unknown escape (`\\…`) in double quotes",
        "use single quotes, or write the backslash twice",
    ),
    (
        "expected key",
        "expected `field: value` here",
        "check the indentation of this line and of the one above",
    ),
    (
        "could not find expected ':'",
        "expected `field: value` here",
        "check the indentation of this line and of the one above",
    ),
    (
        "block",
        "this line fits neither the list nor the mapping it stands in",
        "check the indentation of this line and of the one above",
    ),
)
_MARKED_BY_CONTEXT = ("unexpected end of stream", "while parsing a flow")


def locate(mark: Mark | None, path: Path) -> Location:
    """Turn the parser's mark, which counts from 0, into a place, which counts from 1."""
    return Location(path, mark.line + 1, mark.column + 1) if mark else Location(path)


def explain(error: YAMLError, text: str, path: Path) -> Problem:
    """Return the problem that a parser's exception stands for, tabs and wrong bytes first."""
    if isinstance(error, ReaderError):
        return _unprintable(text, path)
    if not isinstance(error, MarkedYAMLError):
        return Problem("yaml-syntax", str(error), Location(path))
    if error.problem_mark and _tab_indents(text, error.problem_mark.line):
        column = _indentation(text, error.problem_mark.line).index("\t") + 1
        return Problem(
            "yaml-tab",
            "a tab in the indentation; YAML allows only spaces there",
            Location(path, error.problem_mark.line + 1, column),
            hint="replace the tab by spaces",
        )
    told = f"{error.context or ''} {error.problem or ''}"
    for sign, sentence, hint in _SENTENCES:
        if sign in told:
            mark = error.context_mark if sign in _MARKED_BY_CONTEXT else None
            where = locate(mark or error.problem_mark, path)
            return Problem("yaml-syntax", sentence, where, hint=hint)
    return Problem("yaml-syntax", error.problem or "not YAML", locate(error.problem_mark, path))


def _indentation(text: str, line: int) -> str:
    lines = text.splitlines()
    content = lines[line] if line < len(lines) else ""
    return content[: len(content) - len(content.lstrip(" \t"))]


def _tab_indents(text: str, line: int) -> bool:
    return "\t" in _indentation(text, line)


def _unprintable(text: str, path: Path) -> Problem:
    found = Reader.NON_PRINTABLE.search(text)
    start = found.start() if found else 0
    line_start = text.rfind("\n", 0, start) + 1
    character = f"the character U+{ord(found[0]):04X}" if found else "a character"
    return Problem(
        "yaml-control-character",
        f"{character} is not allowed in YAML",
        Location(path, text.count("\n", 0, start) + 1, start - line_start + 1),
        hint="remove it, or write it as an escape in double quotes",
    )
