"""Any table on a terminal: rounded, fitted, nothing lost without a word."""

from __future__ import annotations

import datetime as dt
import io

import polars as pl
import pytest

from backtest.report._frame import show_frame

FRAME = pl.DataFrame(
    {
        "event_id": ["2025-10-06-amd-openai-6gw-warrant", "b"],
        "car": [0.123456789, -0.00000004],
        "cap": [330.6e9, None],
        "day": [1, -10],
        "date": [dt.date(2025, 10, 6), None],
        "known": [True, False],
        "reason": ["a sentence of many words that no narrow terminal has room for", "two\nlines"],
    }
)


def printed(frame: pl.DataFrame, width: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = io.StringIO()
    show_frame(frame, stream)
    return stream.getvalue().splitlines()


def test_numbers_are_rounded_by_the_size_of_their_column(monkeypatch: pytest.MonkeyPatch) -> None:
    head, first, second = printed(FRAME, 200, monkeypatch)
    assert head.split() == FRAME.columns
    assert first.split()[1:6] == ["0.1235", "330,600,000,000", "1", "2025-10-06", "true"]
    assert second.split() == ["b", "-4.0e-08", "–", "-10", "–", "false", "two", "lines"]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 120, 160])
def test_no_line_is_too_wide_and_hidden_columns_are_named(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(FRAME, width, monkeypatch)
    assert all(len(line) <= width for line in lines)
    text = " ".join(" ".join(lines).split())
    assert all(name in text for name in FRAME.columns)
    assert ("hidden" in text) == (width < 100)


def test_texts_are_cut_before_columns_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(FRAME, 100, monkeypatch)
    assert "hidden" not in lines[0]
    assert "…" in lines[1]


def test_tables_without_rows_or_of_nothing_but_nulls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(FRAME.clear(), 120, monkeypatch)[0].split() == FRAME.columns
    lost = pl.DataFrame({"p": [None, None]}, schema={"p": pl.Float64})
    assert [line.strip() for line in printed(lost, 80, monkeypatch)] == ["p", "–", "–"]


def test_what_is_no_number_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"x": [float("nan"), float("inf")], "s": [{"a": 0.123456}, {"a": 2.0}]})
    assert [line.split() for line in printed(frame, 80, monkeypatch)[1:]] == [
        ["nan", '{"a":', "0.1235}"],
        ["inf", '{"a":', "2.0}"],
    ]


def test_a_return_among_dollars_keeps_its_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"claimed": [1e12, 0.36, -70e9, 0.0]})
    assert [line.strip() for line in printed(frame, 80, monkeypatch)[1:]] == [
        "1,000,000,000,000",
        "0.3600",
        "-70,000,000,000",
        "0",
    ]
