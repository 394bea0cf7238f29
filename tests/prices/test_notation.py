"""Numbers and dates are read as they are said to be written, and never as anything else."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.errors import BadUsage
from backtest.prices.notation import Notation

GERMAN = Notation(decimal_comma=True, thousands=".")
SWISS = Notation(thousands="'")


def number(notation: Notation, text: str) -> float | None:
    value: float | None = pl.select(notation.number(pl.lit(text))).item()
    return value


@pytest.mark.parametrize(
    ("notation", "text", "value"),
    [
        (Notation(), "1234.5", 1234.5),
        (Notation(), " -1.5e3 ", -1500.0),
        (Notation(), ".5", 0.5),
        (Notation(), "1,234.5", None),
        (Notation(), "1,5", None),
        (Notation(), "inf", None),
        (Notation(thousands=","), "1,234,567.8", 1234567.8),
        (Notation(thousands=","), "1234.5", 1234.5),
        (Notation(thousands=","), "1,5", None),
        (Notation(thousands=","), "12,34", None),
        (Notation(thousands=","), ",123", None),
        (Notation(decimal_comma=True), "1,5", 1.5),
        (Notation(decimal_comma=True), "1.5", None),
        (GERMAN, "1.234.567,89", 1234567.89),
        (GERMAN, "1.5", None),
        (GERMAN, "1,234.5", None),
        (SWISS, "1'234.5", 1234.5),
        (Notation(thousands=" "), "12 345", 12345.0),
    ],
)
def test_numbers(notation: Notation, text: str, value: float | None) -> None:
    assert number(notation, text) == value


@given(st.floats(-1e12, 1e12).map(lambda x: round(x, 2)))
def test_what_is_written_is_read(value: float) -> None:
    written = f"{value:,.2f}"
    swapped = written.translate(str.maketrans(",.", ".,"))
    assert number(Notation(thousands=","), written) == value
    assert number(GERMAN, swapped) == value


def day(notation: Notation, text: str) -> dt.date | None:
    expression = notation.date(pl.lit(text))
    assert expression is not None
    value: dt.date | None = pl.select(expression).item()
    return value


@pytest.mark.parametrize(
    ("notation", "text", "value"),
    [
        (Notation(order="day-first"), "2/1/2025", dt.date(2025, 1, 2)),
        (Notation(order="month-first"), "2/1/2025", dt.date(2025, 2, 1)),
        (Notation(order="day-first"), "31.12.2025", dt.date(2025, 12, 31)),
        (Notation(order="day-first"), "2025-12-31", dt.date(2025, 12, 31)),
        (Notation(order="month-first"), "31/12/2025", None),
        (Notation(order="day-first"), "2/1/25", None),
        (Notation(date_format="%d %b %Y"), "2 Jan 2025", dt.date(2025, 1, 2)),
        (Notation(date_format="%d %b %Y"), "2025-01-02", None),
    ],
)
def test_dates(notation: Notation, text: str, value: dt.date | None) -> None:
    assert day(notation, text) == value


def test_iso_dates_need_no_word() -> None:
    assert Notation().date(pl.col("date")) is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"thousands": "."}, "cannot be both the decimal sign and between thousands"),
        ({"thousands": ",", "decimal_comma": True}, "cannot be both"),
        ({"thousands": "1"}, "cannot stand between thousands"),
        ({"thousands": "--"}, "cannot stand between thousands"),
        ({"separator": ";;"}, "is not one plain character"),
        ({"order": "day-first", "date_format": "%d"}, "both say how dates are written"),
    ],
)
def test_notations_that_cannot_be_meant(options: dict[str, object], expected: str) -> None:
    with pytest.raises(BadUsage, match=expected):
        Notation(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("notation", "text", "mend"),
    [
        (Notation(), "1,5", "say --decimal-comma or --thousands , "),
        (Notation(), "1,234.5", "say --thousands , "),
        (Notation(), "1 234", "say --thousands with the sign"),
        (Notation(decimal_comma=True), "1.234,5", "say --thousands . "),
        (Notation(), "soon", "write numbers as 1234.56"),
    ],
)
def test_what_to_do_about_a_number(notation: Notation, text: str, mend: str) -> None:
    assert notation.mend_number(text).startswith(mend)


def test_what_to_do_about_a_date() -> None:
    assert Notation().mend_date("2/1/2025").startswith("say --day-first or --month-first")
    assert "--date-format" in Notation().mend_date("2 Jan 2025")
