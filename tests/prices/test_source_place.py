"""A place and its options, told apart."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.errors import BacktestError, BadUsage
from backtest.prices.providers._place import Place, split_place

ADDRESS = "https://host/p.parquet"


@pytest.mark.parametrize(
    ("text", "path", "options"),
    [
        ("p.csv", "p.csv", {}),
        ("p.csv?close=total-return", "p.csv", {"close": "total-return"}),
        ("x.duckdb?table=a&close=b", "x.duckdb", {"table": "a", "close": "b"}),
        ("x.duckdb?table=a=1&b?c", "x.duckdb", {"table": "a=1&b?c"}),
        (f"{ADDRESS}?token=1&part=2", f"{ADDRESS}?token=1&part=2", {}),
        (f"{ADDRESS}?token=1&close=x", f"{ADDRESS}?token=1", {"close": "x"}),
        (f"{ADDRESS}?close=x", ADDRESS, {"close": "x"}),
    ],
)
def test_options(text: str, path: str, options: dict[str, str]) -> None:
    assert split_place(text, "table", "close") == Place(path, options)


def test_a_file_may_have_a_question_mark_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "what?close=x.csv"
    path.write_text("")
    assert split_place(str(path), "close") == Place(str(path), {})


def test_a_slip() -> None:
    with pytest.raises(BadUsage, match=r"`tabel` is no option .* \(did you mean `table`\?\)"):
        split_place("x.duckdb?tabel=a", "table", "close")


@given(st.text(max_size=200))
def test_any_text_is_a_place_or_a_message(text: str) -> None:
    with suppress(BacktestError):
        place = split_place(text, "table", "close")
        assert text.startswith(place.path)
