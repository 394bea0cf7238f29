"""Where the keys and values of a TOML text stand, which its parser does not tell.

The scan knows strings, comments and brackets, and leaves the reading of keys and values to the
parser. It is meant for text that the parser accepts; of other text it tells what it can.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

Path = tuple[str, ...]

_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_PLAIN = re.compile(r"[^\"'#\[\]{}\n]+")


@dataclass(frozen=True, slots=True)
class Mark:
    """A key or the header of a table: its full path, and its offset and that of its value."""

    path: Path
    key: int
    value: int
    header: bool = False


def marks(text: str) -> list[Mark]:
    """Return every header and key of a TOML text, in order; not those inside a value."""
    return list(_marks(text))


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _marks(text: str) -> Iterator[Mark]:
    table: Path = ()
    at = _blank(text, 0)
    while at < len(text):
        end = _end(text, at)
        statement = text[at:end]
        if statement.startswith("["):
            table = _header(statement)
            yield Mark(table, at, at, header=True)
        else:
            equals = _equals(statement)
            value = _blank(text, at + equals + 1)
            yield Mark((*table, *_key(statement[:equals])), at, value)
        at = _blank(text, end)


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _end(text: str, at: int) -> int:
    """Return where the statement at `at` ends: at a line's end outside of brackets and strings."""
    depth = 0
    while at < len(text):
        character = text[at]
        if character == "\n" and depth <= 0:
            return at
        if character in "\"'":
            at = _after_string(text, at)
        elif character == "#":
            stop = text.find("\n", at)
            at = len(text) if stop < 0 else stop
        elif plain := _PLAIN.match(text, at):
            at = plain.end()
        else:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(character, 0)
            at += 1
    return at


def _after_string(text: str, at: int) -> int:
    found = _STRING.match(text, at)
    return found.end() if found else at + 1


def _equals(statement: str) -> int:
    """Return the offset of the sign after the key, which may be quoted and have one in it."""
    at = 0
    while at < len(statement) and statement[at] != "=":
        at = _after_string(statement, at) if statement[at] in "\"'" else at + 1
    return at


def _header(statement: str) -> Path:
    closing = statement.rfind("]") if "#" not in statement else _closing(statement)
    return _key(statement[: closing + 1].strip("[] \t"))


def _closing(statement: str) -> int:
    """Return the last bracket before the comment."""
    at = 0
    last = len(statement) - 1
    while at < len(statement) and statement[at] != "#":
        if statement[at] == "]":
            last = at
        at = _after_string(statement, at) if statement[at] in "\"'" else at + 1
    return last


def _key(text: str) -> Path:
    """Read a key, dotted or quoted, by the parser."""
    try:
        table: object = tomllib.loads(f"{text.strip()} = 0")
    except (tomllib.TOMLDecodeError, RecursionError):
        return (text.strip(),)
    path = []
    while isinstance(table, dict):
        if len(table) != 1:  # The text was more, or less, than a key.
            return (text.strip(),)
        ((name, table),) = table.items()
        path.append(name)
    return tuple(path)
