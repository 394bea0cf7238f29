"""Specifications of many charts in few bytes: what charts share is written once.

A kind's first chart is its pattern; the others are written as differences from it. Rows of data
become columns, and all columns of the page stand in one list, equal ones once: layers of a chart
have the same data, and charts of an event the same sessions. `page.js` unpacks it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TABLE = "$rows"
"""Key of an object that stands for rows: its value is the names and the places of the columns."""

WORDS = "$words"
"""Key of a column of text: its value is the different words and the place of each row's."""

DIGITS, OF_SMALL = 6, 4
"""Significant figures of numbers from 1 on, so that prices stay to the cent, and of smaller ones,
which are returns: more than a picture or a tooltip shows."""

_FEWEST = 3
"""Rows from which on columns are shorter."""


@dataclass(slots=True)
class Columns:
    """The columns of a page, each once."""

    found: list[Any] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)

    def place(self, values: list[Any]) -> int:
        """Return where a column stands."""
        column = _shortened(values)
        key = json.dumps(column)
        if key not in self._places:
            self._places[key] = len(self.found)
            self.found.append(column)
        return self._places[key]


def packed(specs: Mapping[str, tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return `patterns` by kind, `figures` by name (kind and differences), and `columns`.

    Args:
        specs: kind and specification by name.
    """
    columns = Columns()
    patterns: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    for name, (kind, spec) in specs.items():
        own = columnar(_with_plain_names(spec), columns)
        pattern = patterns.setdefault(kind, own)
        figures[name] = [kind, differences(pattern, own)]
    return {"patterns": patterns, "figures": figures, "columns": columns.found}


def differences(pattern: Any, other: Any, path: tuple[str | int, ...] = ()) -> list[list[Any]]:
    """Return [path, value] wherever `other` differs; a path alone where it lacks something."""
    if isinstance(pattern, dict) and isinstance(other, dict) and TABLE not in pattern:
        found = [[[*path, key]] for key in pattern if key not in other]
        for key, value in other.items():
            if key in pattern:
                found += differences(pattern[key], value, (*path, key))
            else:
                found.append([[*path, key], value])
        return found
    if isinstance(pattern, list) and isinstance(other, list) and len(pattern) == len(other):
        return [
            one
            for at, (own, value) in enumerate(zip(pattern, other, strict=True))
            for one in differences(own, value, (*path, at))
        ]
    same = type(pattern) is type(other) and pattern == other
    return [] if same else [[list(path), other]]


def columnar(value: Any, columns: Columns) -> Any:
    """Return the value with lists of equally shaped rows as columns."""
    if isinstance(value, dict):
        return {key: columnar(own, columns) for key, own in value.items()}
    if isinstance(value, list):
        if _are_rows(value):
            names = list(value[0])
            return {TABLE: [names, [columns.place([row[name] for row in value]) for name in names]]}
        return [columnar(own, columns) for own in value]
    return value


def _shortened(values: list[Any]) -> Any:
    """Return a column with shorter numbers, and words that are repeated written once."""
    if all(isinstance(one, str) or one is None for one in values):
        words = list(dict.fromkeys(values))
        if 2 * len(words) <= len(values):
            return {WORDS: [words, [words.index(one) for one in values]]}
        return values
    return [_short(one) if isinstance(one, float) else one for one in values]


def _short(value: float) -> float | int:
    """Return a number with the figures that a picture or a tooltip shows of it."""
    short = float(f"{value:.{DIGITS if abs(value) >= 1 else OF_SMALL}g}")
    return int(short) if short.is_integer() else short


def _are_rows(value: list[Any]) -> bool:
    if len(value) < _FEWEST or not all(isinstance(row, dict) for row in value):
        return False
    names = list(value[0])
    plain = (str, int, float, bool, type(None))
    return bool(names) and all(
        list(row) == names and all(isinstance(one, plain) for one in row.values()) for row in value
    )


def _with_plain_names(spec: dict[str, Any]) -> dict[str, Any]:
    """Name data sets and views by number: Altair's names are hashes and counters of a session."""
    names = {name: f"d{at}" for at, name in enumerate(spec.get("datasets", {}))}
    for at, name in enumerate(_view_names(spec)):
        names[name] = f"v{at}"
    renamed: dict[str, Any] = _renamed(spec, names) if names else spec
    return renamed


def _view_names(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["name"]] if str(value.get("name", "")).startswith(("view_", "param_")) else []
        return [*own, *(name for one in value.values() for name in _view_names(one))]
    if isinstance(value, list):
        return [name for one in value for name in _view_names(one)]
    return []


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(own, names) for key, own in value.items()}
    if isinstance(value, list):
        return [_renamed(own, names) for own in value]
    return names.get(value, value) if isinstance(value, str) else value
