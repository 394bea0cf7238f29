"""The settings of a file: every one found and checked, or every fault at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backtest.config.find import read_text
from backtest.config.marks import Mark, line_and_column, marks
from backtest.config.settings import BY_NAME, SECTIONS, SETTINGS, Setting, keys_of
from backtest.config.values import Refused, as_typed, found
from backtest.errors import BadInput, Location, Problem, did_you_mean
from backtest.masking import has_secret

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TWICE = ("Cannot overwrite a value", "Cannot declare", "Cannot mutate immutable namespace")


@dataclass(frozen=True, slots=True)
class Entry:
    """A setting of the file: the text its flag would take, and where its value stands."""

    setting: Setting
    text: str
    where: Location


@dataclass(frozen=True, slots=True)
class Loaded:
    """A settings file that can be used; `entries` by the settings' names."""

    path: Path
    entries: dict[str, Entry]

    def secrets(self) -> list[Entry]:
        """Return the settings with a password or key in clear text."""
        return [entry for entry in self.entries.values() if has_secret(entry.text)]


def load(path: Path) -> Loaded:
    """Read a settings file.

    Raises:
        BadInput: it cannot be read, is not TOML, or has unknown keys or wrong values: all of them.
    """
    text = read_text(path)
    plain = _parsed(path, text)
    where = _Places(path, text)
    problems: list[Problem] = []
    entries: dict[str, Entry] = {}
    # What is relative is relative to the file where it is named, whatever a link points to.
    folder = path.absolute().parent
    for name, value in _values(plain, where, problems):
        setting = BY_NAME[name]
        place = where.value(name)
        try:
            entries[name] = Entry(setting, as_typed(setting, value, folder), place)
        except Refused as refused:
            code, message, hint = refused.fault
            problems.append(Problem(code, message, place, name, hint))
    if problems:
        raise BadInput(sorted(problems, key=_line))
    return Loaded(path, entries)


class _Places:
    """Where the sections and keys of a file stand."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text = path, text
        self._found: dict[tuple[str, ...], Mark] = {}
        for mark in marks(text):
            self._found.setdefault(mark.path, mark)

    def key(self, *path: str) -> Location:
        """Return the place of a key, or of the nearest thing it is a part of."""
        mark = self._mark(path)
        return self._at(mark.key) if mark else Location(self._path)

    def value(self, name: str) -> Location:
        """Return the place of a setting's value."""
        mark = self._mark(tuple(name.split(".")))
        return self._at(mark.value) if mark else Location(self._path)

    def _mark(self, path: tuple[str, ...]) -> Mark | None:
        longest = (path[:size] for size in range(len(path), 0, -1))
        below = (mark for key, mark in self._found.items() if key[: len(path)] == path)
        named = next((self._found[key] for key in longest if key in self._found), None)
        return named or next(below, None)

    def _at(self, offset: int) -> Location:
        return Location(self._path, *line_and_column(self._text, offset))


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(_not_toml(path, text, str(error))) from None
    except RecursionError:
        raise BadInput.because(
            "nested", "brackets or keys are nested too deeply", where=Location(path)
        ) from None
    except ValueError as error:  # A number with more digits than Python converts.
        raise BadInput.because("not-toml", f"not TOML: {error}", where=Location(path)) from None


def _not_toml(path: Path, text: str, told: str) -> Problem:
    place = _AT.search(told)
    message = _AT.sub("", told)
    line, column = (int(part) for part in place.groups()) if place and place[1] else (0, 0)
    if not line:
        line, column = line_and_column(text, len(text.rstrip()))
    twice = _repeated(path, text, line) if message.startswith(_TWICE) else None
    hint = 'text stands in quotes: key = "value"' if message == "Invalid value" else None
    return twice or Problem(
        "not-toml", f"not TOML: {message[:1].lower()}{message[1:]}", Location(path, line, column),
        hint=hint,
    )  # fmt: skip


def _repeated(path: Path, text: str, line: int) -> Problem | None:
    """Say which key or section stands twice, the second time on this line or one before."""
    seen: dict[tuple[str, ...], int] = {}
    for mark in marks(text):
        here, column = line_and_column(text, mark.key)
        if here > line:
            break
        if mark.path in seen:
            noun = "section" if mark.header else "key"
            return Problem(
                "named-twice",
                f"the {noun} `{mark.path[-1]}` stands twice, first on line {seen[mark.path]}",
                Location(path, here, column),
                hint="keep one of them",
            )
        seen[mark.path] = here
    return None


def _values(
    plain: dict[str, Any], where: _Places, problems: list[Problem]
) -> Iterator[tuple[str, object]]:
    """Yield the known settings, by their names; what else stands there is a problem."""
    for section, table in plain.items():
        if section not in SECTIONS:
            message, hint = _unknown_section(section)
            place = where.key(section)
            problems.append(Problem("unknown-key", message, place, _shown(section), hint))
        elif not isinstance(table, dict):
            message = f"expected a section ([{section}]), found {found(table)}"
            problems.append(Problem("wrong-type", message, where.value(section), section))
        else:
            for key, value in table.items():
                if f"{section}.{key}" in BY_NAME:
                    yield f"{section}.{key}", value
                else:
                    hint = _near_key(section, key)
                    place, name = where.key(section, key), f"{section}.{_shown(key)}"
                    problems.append(Problem("unknown-key", "unknown key", place, name, hint))


def _unknown_section(word: str) -> tuple[str, str]:
    near = did_you_mean(word, SECTIONS)
    if near:
        return "unknown section", near
    meant = _meant(word)
    if meant:
        return "this key stands in no section", f"write [{meant.section}] {meant.key}"
    return "unknown section", f"there are: {', '.join(f'[{section}]' for section in SECTIONS)}"


def _near_key(section: str, key: str) -> str:
    meant = _meant(key)
    if meant:
        return f"did you mean [{meant.section}] {meant.key}?"
    known = keys_of(section)
    return did_you_mean(key, known) or f"there are: {', '.join(known)}"


def _meant(key: str) -> Setting | None:
    """Return the setting that has this key or this flag, in whatever section."""
    word = key.replace("_", "-")
    return next((one for one in SETTINGS if word == one.key or f"--{word}" == one.option), None)


def _shown(key: str) -> str:
    """Return a key as it can be printed: a quoted one may hold anything."""
    return key if key.isprintable() else repr(key)[1:-1]


def _line(problem: Problem) -> tuple[int, int]:
    where = problem.where
    return (where.line, where.column) if where else (0, 0)
