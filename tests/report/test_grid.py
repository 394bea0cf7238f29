"""Columns as wide as their cells, and only those the terminal has room for."""

from __future__ import annotations

import pytest

from backtest.report._grid import Column, Grid

COLUMNS = [
    Column("name", left=True),
    Column("first"),
    Column("second", 1),
    Column("third", 3),
    Column("fourth", 2),
    Column("empty", 1),
]
ROWS = [
    {"name": "a", "first": "1", "second": "22", "third": "333", "fourth": "4", "empty": "–"},
    {"name": "bbbbb", "first": "1234567", "second": "–", "third": "", "fourth": "", "empty": ""},
]


def names(width: int) -> list[str]:
    return [column.name for column in Grid.fitted(COLUMNS, ROWS, width).columns]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, ["name", "first", "second", "third", "fourth"]),
        (35, ["name", "first", "second", "third", "fourth"]),
        (34, ["name", "first", "second", "fourth"]),
        (29, ["name", "first", "second", "fourth"]),
        # Whoever gives way first also gives way where something narrower would still fit.
        (28, ["name", "first", "second"]),
        (22, ["name", "first", "second"]),
        (21, ["name", "first"]),
        (3, ["name", "first"]),
    ],
)
def test_columns_give_way_by_rank(width: int, shown: list[str]) -> None:
    assert names(width) == shown


def test_what_has_no_room_is_named_and_what_is_empty_is_not() -> None:
    assert Grid.fitted(COLUMNS, ROWS, 80).hidden == ()
    assert Grid.fitted(COLUMNS, ROWS, 34).hidden == ("third",)
    assert Grid.fitted(COLUMNS, ROWS, 3).hidden == ("second", "third", "fourth")


@pytest.mark.parametrize("width", range(16, 60))
def test_no_line_is_wider_than_asked_for(width: int) -> None:
    laid = Grid.fitted(COLUMNS, ROWS, width)
    assert all(len(line) <= width for line in [laid.header(), *map(laid.line, ROWS)])


def test_numbers_stand_right_and_names_left() -> None:
    laid = Grid.fitted(COLUMNS, ROWS, 80)
    assert [laid.header(), *map(laid.line, ROWS)] == [
        "  name    first second third fourth",
        "  a           1     22   333      4",
        "  bbbbb 1234567      –",
    ]


def test_a_heading_stands_above_the_figure_not_above_its_marks() -> None:
    columns = [Column("name", left=True), Column("AR", tail=3), Column("CAR 0:10", tail=3)]
    rows = [{"name": "x", "AR": "+1.00%***", "CAR 0:10": "−2.00%   "}]
    laid = Grid.fitted(columns, rows, 80)
    assert [laid.header(), laid.line(rows[0])] == [
        "  name     AR    CAR 0:10",
        "  x    +1.00%*** −2.00%",
    ]


def test_without_rows_there_are_headings_of_what_always_stays() -> None:
    assert Grid.fitted(COLUMNS, [], 80).header() == "  name first"
