"""The frames other programs read: the columns that are promised, and what breaks the promise."""

from __future__ import annotations

import polars as pl
import pytest
from support.contract import COLUMNS

from backtest.contracts import TABLES, Frame, frame_columns

SMALL = Frame("small", "a row", ("id",), frame_columns("id:String value::decimal n:Int32 s:Struct"))
GOOD = pl.DataFrame(
    {"id": ["a"], "value": [1.0], "n": [1], "s": [{"x": 1.0}]}, schema_overrides={"n": pl.Int32}
)


@pytest.mark.parametrize("frame", TABLES, ids=lambda frame: frame.name)
def test_the_columns_promised(frame: Frame) -> None:
    assert frame.names == COLUMNS[frame.name].split()
    assert set(frame.key) <= set(frame.names)
    assert len(set(frame.names)) == len(frame.names)
    assert frame.row


def test_all_tables_are_there() -> None:
    assert [frame.name for frame in TABLES] == list(COLUMNS)


@pytest.mark.parametrize("frame", TABLES, ids=lambda frame: frame.name)
def test_an_empty_table_keeps_its_own_contract(frame: Frame) -> None:
    empty = frame.empty()
    assert empty.height == 0
    assert frame.check(empty).columns == frame.names


def test_reading_columns() -> None:
    one, two, three = frame_columns("a:String b::decimal c")
    assert (one.name, one.dtype, one.unit) == ("a", "String", "")
    assert (two.name, two.dtype, two.unit) == ("b", "Float64", "decimal")
    assert (three.name, three.dtype, three.unit) == ("c", "Float64", "")


def test_columns_come_back_in_order() -> None:
    assert SMALL.check(GOOD.select(reversed(GOOD.columns))).columns == ["id", "value", "n", "s"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (GOOD.drop("value"), "small: columns"),
        (GOOD.with_columns(extra=pl.lit(1)), "small: columns"),
        (GOOD.with_columns(n=pl.lit(1, dtype=pl.Int64)), "small.n: Int64, expected Int32"),
        (GOOD.with_columns(value=pl.lit("1")), "small.value: String, expected Float64"),
        (GOOD.with_columns(s=pl.lit(1.0)), "small.s: expected a struct"),
    ],
)
def test_a_broken_contract_is_a_bug(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        SMALL.check(frame)
