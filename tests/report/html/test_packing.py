"""Packed specifications: what a browser unpacks is what went in."""

from __future__ import annotations

import copy
from typing import Any

from backtest.report.html.packing import TABLE, WORDS, packed


def _rows(values: list[float], words: list[str]) -> list[dict[str, Any]]:
    return [{"x": value, "w": word} for value, word in zip(values, words, strict=True)]


def _unpacked(made: dict[str, Any], name: str) -> Any:
    """What page.js does."""
    kind, changes = made["figures"][name]
    spec = copy.deepcopy(made["patterns"][kind])
    for path, *value in changes:
        if not path:
            spec = value[0]
            continue
        owner = spec
        for key in path[:-1]:
            owner = owner[key]
        if value:
            owner[path[-1]] = value[0]
        else:
            del owner[path[-1]]
    return _filled(spec, made["columns"])


def _filled(value: Any, columns: list[Any]) -> Any:
    if isinstance(value, list):
        return [_filled(one, columns) for one in value]
    if not isinstance(value, dict):
        return value
    if TABLE in value:
        names, places = value[TABLE]
        own = [_column(columns[at]) for at in places]
        return [dict(zip(names, row, strict=True)) for row in zip(*own, strict=True)]
    return {key: _filled(one, columns) for key, one in value.items()}


def _column(column: Any) -> list[Any]:
    if isinstance(column, dict):
        words, places = column[WORDS]
        return [words[at] for at in places]
    return list(column)


ONE = {
    "mark": "line",
    "data": {"values": _rows([0.1, 0.25, 3.0], ["a", "a", "a"])},
    "layer": [{"data": {"values": _rows([0.1, 0.25, 3.0], ["a", "a", "a"])}, "y": 1}],
}
TWO = {
    "mark": "line",
    "data": {"values": _rows([0.1, None, 328.33, 5.0], ["b", "c", "b", "b"])},  # type: ignore[list-item]
    "layer": [{"y": 2, "data": {"values": [{"x": 1}]}}, {"y": True}],
    "title": "new",
}
THREE = {"mark": "line", "data": {"values": []}, "layer": [{"y": 1.0}]}


def test_what_is_unpacked_is_what_went_in() -> None:
    specs = {"one": ("k", ONE), "two": ("k", TWO), "three": ("k", THREE), "four": ("other", TWO)}
    made = packed(specs)
    for name, (_, spec) in specs.items():
        assert _unpacked(made, name) == spec, name
    assert _unpacked(made, "two")["layer"][1]["y"] is True


def test_equal_charts_cost_nothing() -> None:
    made = packed({"one": ("k", ONE), "again": ("k", copy.deepcopy(ONE))})
    assert made["figures"]["again"] == ["k", []]
    assert len(made["columns"]) == 2


def test_numbers_keep_what_a_tooltip_shows() -> None:
    rows = [{"x": one} for one in (0.123456789, 328.334567, 243_912_345_678.0, -0.0000123456)]
    made = packed({"one": ("k", {"values": rows})})
    assert made["columns"] == [[0.1235, 328.335, 243_912_000_000, -1.235e-05]]


def test_names_of_a_session_do_not_make_charts_unequal() -> None:
    def spec(name: str) -> dict[str, Any]:
        return {"data": {"name": name}, "datasets": {name: _rows([1.0, 2.0, 3.0], ["a"] * 3)}}

    made = packed({"one": ("k", spec("data-aaa")), "two": ("k", spec("data-bbb"))})
    assert made["figures"]["two"] == ["k", []]
