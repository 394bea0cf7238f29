"""Columns as their owner names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.errors import BadInput, BadUsage, Location
from backtest.prices.column_map import NEEDED, found_columns, parse_map

WHERE = Location(Path("t.csv"))


def refused(columns: list[str], **mapping: str) -> list[str]:
    with pytest.raises(BadInput) as error:
        found_columns(columns, mapping, NEEDED, WHERE)
    return [str(problem) for problem in error.value.problems]


def test_a_map_in_one_word_or_several() -> None:
    both = {"close": "PX_LAST", "date": "Date"}
    assert parse_map(["close=PX_LAST,date=Date"]) == both
    assert parse_map(["close=PX_LAST", "date = Date"]) == both
    assert parse_map(["close=Last, in USD,date=Day"]) == {"close": "Last, in USD", "date": "Day"}
    assert parse_map([]) == {}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("clsoe=PX", r"`clsoe` is none of date, ticker, .* \(did you mean `close`\?\)"),
        ("close", "`close` is not of the form close=PX_LAST"),
        ("close=", "`close=` is not of the form"),
        ("close=A,close=B", "`close` is named twice: A and B"),
    ],
)
def test_maps_that_cannot_be_meant(word: str, expected: str) -> None:
    with pytest.raises(BadUsage, match=f"^map: {expected}"):
        parse_map([word])


def test_names_are_found_exactly_before_they_are_found_alike() -> None:
    columns = ["Date", "Symbol", "close", "Close Adj"]
    mapping = {"ticker": "symbol", "adj_close": "Close Adj"}
    assert found_columns(columns, mapping, NEEDED, WHERE) == {
        "date": "Date",
        "ticker": "Symbol",
        "close": "close",
        "adj_close": "Close Adj",
    }


def test_every_missing_column_comes_with_a_guess_that_is_not_taken() -> None:
    there = "the columns are: Datum, Symbol, PX_LAST"
    assert refused(["Datum", "Symbol", "PX_LAST"]) == [
        f"t.csv: there is no column `date`; {there} (did you mean --map date=Datum ?)",
        f"t.csv: there is no column `ticker`; {there} (did you mean --map ticker=Symbol ?)",
        f"t.csv: there is no column `close`; {there} (did you mean --map close=PX_LAST ?)",
    ]


def test_a_slip_in_the_map() -> None:
    (problem,) = refused(["Date", "Symbol", "PX_LAST"], close="PX_LATS", ticker="Symbol")
    assert problem.endswith("(did you mean `PX_LAST`?)")


def test_an_adjusted_close_alone_is_what_it_is() -> None:
    (problem,) = refused(["Date", "Ticker", "Adj Close"])
    assert "did you mean --map close='Adj Close' --close total-return ?" in problem


def test_a_table_about_one_security() -> None:
    (problem,) = refused(["Date", "Open", "Close"])
    assert problem.endswith("(where the table is about one security, say which: --ticker ORCL)")


def test_two_columns_that_are_alike() -> None:
    (problem,) = refused(["Date", "Ticker", "Close", "CLOSE"])
    assert "the columns `Close` and `CLOSE` could both be `close`" in problem
    assert "--map close=Close" in problem
    columns = ["Date", "Ticker", "Close", "CLOSE"]
    assert found_columns(columns, {"close": "CLOSE"}, NEEDED, WHERE)["close"] == "CLOSE"


@pytest.mark.parametrize("sign", [";", "|"])
def test_one_column_that_is_several(sign: str) -> None:
    """One cause is one line, however many columns are named, and however long the header is."""
    (problem,) = refused([sign.join(["Day", "Ticker", "Close", *["x" * 99] * 9])], date="Day")
    assert problem.startswith(f"t.csv: all its columns are read as one, `Day{sign}Ticker{sign}")
    assert f"by --separator '{sign}'" in problem
    assert len(problem) < 200


def test_a_column_is_not_both_closes() -> None:
    columns = ["date", "ticker", "close", "Adj Close"]
    found = found_columns(columns, {"close": "Adj Close"}, NEEDED, WHERE)
    assert (found["close"], "adj_close" in found) == ("Adj Close", False)
    (problem,) = refused(columns, close="Adj Close", adj_close="Adj Close")
    assert problem == (
        "t.csv: the column `Adj Close` cannot be both `close` and `adj_close` "
        "(name it once: --map close='Adj Close' --close total-return)"
    )
