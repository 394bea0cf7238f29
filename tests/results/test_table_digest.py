"""Equal digests where every bit is equal, other ones where any is not."""

from __future__ import annotations

import datetime as dt
import io

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.results.table_digest import column_digests, table_digest

TABLE = pl.DataFrame(
    {
        "text": ["ab", "c", None],
        "number": [0.1, None, float("nan")],
        "count": pl.Series([1, None, 3], dtype=pl.Int32),
        "flag": [True, None, False],
        "day": [dt.date(2025, 1, 1), None, dt.date(2025, 1, 2)],
        "parts": [{"alpha": 0.5, "word": "x"}, {"alpha": None, "word": "y"}, None],
    }
)


def test_the_layout_in_memory_and_in_files_does_not_count() -> None:
    whole = column_digests(TABLE)
    pieces = pl.concat([TABLE[:1], TABLE[1:]], rechunk=False)
    assert column_digests(pieces) == whole
    buffer = io.BytesIO()
    TABLE.write_parquet(buffer)
    buffer.seek(0)
    assert column_digests(pl.read_parquet(buffer)) == whole
    assert column_digests(pl.concat([TABLE, TABLE])[3:]) == whole
    shuffled = TABLE.select(sorted(TABLE.columns))
    assert table_digest(column_digests(shuffled)) == table_digest(whole)
    assert set(whole) == {"text", "number", "count", "flag", "day", "parts.alpha", "parts.word"}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("text", ["a", "bc", None]),
        ("text", ["ab", "c", ""]),
        ("number", [np.nextafter(0.1, 1), None, float("nan")]),
        ("number", [0.1, 0.0, float("nan")]),
        ("number", [0.1, None, None]),
        ("count", pl.Series([1, 0, 3], dtype=pl.Int32)),
        ("count", pl.Series([1, None, 3], dtype=pl.Int64)),
        ("flag", [True, False, False]),
        ("day", [dt.date(2025, 1, 1), None, dt.date(2025, 1, 3)]),
    ],
)
def test_any_other_value_counts(column: str, values: object) -> None:
    one, other = (
        column_digests(TABLE),
        column_digests(TABLE.with_columns(pl.Series(column, values))),
    )
    assert [name for name in one if one[name] != other[name]] == [column]


def test_large_tables_are_hashed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = column_digests(TABLE)
    monkeypatch.setattr("backtest.results.table_digest._ROWS", 2)
    assert column_digests(TABLE) == whole


def test_the_sign_of_a_zero_and_the_order_of_rows_count() -> None:
    one, other = pl.DataFrame({"a": [0.0, 1.0]}), pl.DataFrame({"a": [-0.0, 1.0]})
    assert column_digests(one) != column_digests(other)
    assert column_digests(one) != column_digests(one.reverse())
    assert column_digests(one) != column_digests(one.head(1))


@given(
    st.lists(st.none() | st.text(max_size=3), max_size=6),
    st.lists(st.none() | st.text(max_size=3), max_size=6),
)
def test_texts_are_equal_or_have_another_digest(one: list[str], other: list[str]) -> None:
    frames = [pl.DataFrame({"a": pl.Series(values, dtype=pl.String)}) for values in (one, other)]
    digests = [column_digests(frame) for frame in frames]
    assert (digests[0] == digests[1]) == (one == other)
