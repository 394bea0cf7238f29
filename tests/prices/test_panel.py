"""The dense panel against cell-by-cell look-up, and what gaps do to returns."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import panel_of, quick

from backtest.prices.panel import PRICES, Panel, build_panel
from backtest.prices.provider import BARS

FIRST = dt.date(2024, 1, 1)
NAN = float("nan")


def _bars(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Return `BARS` rows; what is not given is null."""
    full = [dict.fromkeys(BARS.names) | row for row in rows]
    return BARS.check(pl.DataFrame(full, schema=BARS.schema()))


def _day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def _sessions(numbers: list[int]) -> np.ndarray:
    return np.array([_day(number) for number in numbers], dtype="datetime64[D]")


cells = st.dictionaries(
    st.tuples(st.sampled_from(["A", "B", "C", "OTHER"]), st.integers(-3, 14)),
    st.tuples(st.floats(0.5, 500), st.none() | st.floats(0.5, 500), st.none() | st.floats(1, 9)),
    max_size=40,
)
axes = st.sets(st.integers(0, 11), min_size=1).map(sorted)


@quick
@given(cells, axes, st.randoms(use_true_random=False))
def test_scatter_puts_every_price_in_its_cell(
    given_cells: dict[tuple[str, int], tuple[float, float | None, float | None]],
    axis: list[int],
    random: object,
) -> None:
    rows = [
        {"ticker": ticker, "date": _day(day), "close": close, "adj_close": adjusted, "high": high}
        for (ticker, day), (close, adjusted, high) in given_cells.items()
    ]
    random.shuffle(rows)  # type: ignore[attr-defined]
    panel, notes = build_panel(_bars(rows), _sessions(axis), ["A", "B", "C"])
    known = {key: value for key, value in given_cells.items() if key[0] != "OTHER"}
    adjusts = {ticker for (ticker, day), value in known.items() if value[1] and day in axis}
    for r, ticker in enumerate("ABC"):
        for c, day in enumerate(axis):
            close, adjusted, high = known.get((ticker, day), (None, None, None))
            total = adjusted if ticker in adjusts else close
            for name, value in (("close", close), ("high", high), ("total_return", total)):
                cell = panel.prices[name][r, c] if name in panel.prices else NAN
                np.testing.assert_equal(cell, NAN if value is None else value)
    strays = sum(day not in axis for _, day in known)
    assert len(notes) == bool(strays)
    if strays:
        assert notes[0].startswith(f"{strays} price rows fall on days without a session")


def test_a_stray_day_is_named() -> None:
    rows = [{"ticker": "A", "date": _day(day), "close": 10.0} for day in (0, 1, 2)]
    _, notes = build_panel(_bars(rows), _sessions([0, 2]), ["A"])
    assert notes == (
        "1 price rows fall on days without a session and were left out (first: A 2024-01-02)",
    )


def test_prices_that_nobody_has_are_absent() -> None:
    panel, _ = build_panel(
        _bars([{"ticker": "A", "date": _day(0), "close": 10.0}]), _sessions([0]), ["A"]
    )
    assert set(panel.prices) == {"close", "total_return"}
    assert panel.prices["total_return"] is panel.prices["close"]
    assert set(panel.prices) < set(PRICES)


def test_a_gap_makes_both_days_missing() -> None:
    panel = panel_of(("A",), close=[[100.0, 110.0, NAN, 121.0, 133.1, 133.1]])
    np.testing.assert_allclose(
        panel.returns("simple"), [[NAN, 0.1, NAN, NAN, 0.1, 0.0]], rtol=0, atol=1e-15
    )
    np.testing.assert_allclose(
        panel.returns("log"), [[NAN, np.log(1.1), NAN, NAN, np.log(1.1), 0.0]], rtol=0, atol=1e-15
    )


def test_returns_come_from_the_total_return_close() -> None:
    panel = panel_of(("A",), close=[[100.0, 98.0]], total_return=[[98.0, 98.0]])
    assert panel.returns("simple")[0, 1] == 0.0


def test_looking_up_rows_and_sessions() -> None:
    panel = panel_of(("A", "B"), close=[[1.0] * 4, [1.0] * 4])
    assert panel.rows(["B", "X", "A", "B"]).tolist() == [1, -1, 0, 1]
    dates = np.array(
        ["2024-01-01", "2024-01-04", "2023-12-31", "2024-01-05", "NaT"], dtype="datetime64[D]"
    )
    assert panel.index(dates).tolist() == [0, 3, -1, -1, -1]


def test_the_span_of_each_security() -> None:
    panel = panel_of(("A", "B", "C"), close=[[1.0] * 4, [NAN, 1.0, NAN, NAN], [NAN] * 4])
    first, last = panel.span()
    assert first.tolist() == [0, 1, 4]
    assert last.tolist() == [3, 1, -1]


@pytest.mark.parametrize("kind", ["simple", "log"])
def test_a_single_session_has_no_return(kind: str) -> None:
    panel = panel_of(("A",), close=[[5.0]])
    assert np.isnan(panel.returns(kind)).all()  # type: ignore[arg-type]


def test_the_order_of_tickers_is_the_order_of_rows() -> None:
    rows = [
        {"ticker": ticker, "date": _day(0), "close": close}
        for ticker, close in (("A", 1.0), ("B", 2.0), ("C", 3.0))
    ]
    panel, _ = build_panel(_bars(rows), _sessions([0]), ["C", "A"])
    assert isinstance(panel, Panel)
    assert panel.prices["close"].tolist() == [[3.0], [1.0]]
