"""Dollars moved, by hand and on Oracle's day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from support.studies import panel_of

from backtest.prices.panel import build_panel
from backtest.prices.provider import SHARES
from backtest.prices.providers.snapshot import Snapshot
from backtest.spec import Window
from backtest.valuation.caps_table import caps_table
from backtest.valuation.market_caps import market_caps
from backtest.valuation.shares import ShareCounts

NAN = np.nan


def test_by_hand() -> None:
    caps = market_caps(
        shares=np.array([[100.0, 100.0, 110.0]]),
        before=np.array([[10.0, 12.0, 9.0]]),
        close=np.array([[12.0, 9.0, 9.5]]),
        high=np.array([[15.0, 12.5, NAN]]),
        abnormal=np.array([[0.15, NAN, 0.05]]),
    )
    np.testing.assert_allclose(caps.cap_before, [[1000, 1200, 990]])
    np.testing.assert_allclose(caps.cap, [[1200, 900, 1045]])
    np.testing.assert_allclose(caps.change, [[200, -300, 55]])
    np.testing.assert_allclose(caps.peak_change, [[500, 50, NAN]])
    np.testing.assert_allclose(caps.abnormal_change, [[150, NAN, 49.5]])


def test_an_unknown_count_makes_everything_unknown() -> None:
    one = np.ones((1, 1))
    caps = market_caps(np.full((1, 1), NAN), one, one, one, one)
    for name in ("cap_before", "cap", "change", "peak_change", "abnormal_change"):
        assert np.isnan(getattr(caps, name)).all()


WINDOW = Window(-1, 1)


def _keys(*tickers: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(len(tickers))],
            "ticker": tickers,
            "alternative": [False] * len(tickers),
            "currency": ["USD"] * len(tickers),
        }
    )


def _table(shares: list[tuple[str, dt.date, float]], window: Window = WINDOW) -> pl.DataFrame:
    """Value two securities around 2024-01-03; B has no price on the first day."""
    panel = panel_of(
        ("A", "B"),
        close=[[10.0, 11.0, 12.0, 15.0], [NAN, 5.0, 6.0, 7.0]],
        high=[[10.5, 11.5, 14.0, 15.0], [NAN, 5.0, 6.5, 8.0]],
    )
    rows, day0 = np.array([0, 1]), np.array([2, 2])
    dates = panel.sessions[2 + np.arange(window.start, window.end + 1)][None].repeat(2, axis=0)
    counts = ShareCounts.of(pl.DataFrame(shares, schema=SHARES.schema(), orient="row"), ("A", "B"))
    abnormal = np.full(dates.shape, 0.1)
    return caps_table(_keys("A", "B"), panel, rows, day0, dates, abnormal, counts, window)


def test_the_table_of_two_events() -> None:
    known = dt.date(2023, 6, 1)
    table = _table([("A", known, 100.0), ("A", dt.date(2024, 1, 4), 200.0), ("B", known, 10.0)])
    assert table["day"].to_list() == [-1, 0, 1] * 2
    assert table["date"][1] == dt.date(2024, 1, 3)
    assert table["shares"].to_list() == [100, 100, 200, 10, 10, 10]
    assert table["shares_as_of"].to_list() == [known, known, dt.date(2024, 1, 4)] + [known] * 3
    assert table["cap_before"].to_list() == [1000, 1100, 2400, None, 50, 60]
    assert table["cap"].to_list() == [1100, 1200, 3000, 50, 60, 70]
    # A new count is no gain: the change of a day is of one and the same number of shares.
    assert table["change"].to_list() == [100, 100, 600, None, 10, 10]
    assert table["peak_change"].to_list() == [150, 300, 600, None, 15, 20]
    assert table["abnormal_change"].to_list() == pytest.approx([100, 110, 240, None, 5, 6])


def test_an_event_without_a_known_count_has_no_rows() -> None:
    table = _table([("A", dt.date(2024, 1, 3), 100.0), ("B", dt.date(2024, 1, 4), 9.0)])
    assert table["ticker"].unique().to_list() == ["A"]
    assert table["cap"].to_list() == [None, 1200, 1500]
    assert table["shares"].to_list() == [None, 100, 100]


def test_a_window_that_leaves_the_event_day_out() -> None:
    table = _table([("A", dt.date(2024, 1, 4), 100.0)], Window(1, 1))
    assert table.select("ticker", "day", "change").rows() == [("A", 1, 300.0)]


def test_without_highs_there_is_no_peak() -> None:
    panel = panel_of(("A",), close=[[10.0, 11.0]])
    counts = ShareCounts.of(
        pl.DataFrame([("A", dt.date(2023, 1, 1), 9.0)], schema=SHARES.schema(), orient="row"),
        ("A",),
    )
    table = caps_table(
        _keys("A"),
        panel,
        np.array([0]),
        np.array([1]),
        panel.sessions[None, 1:],
        np.full((1, 1), NAN),
        counts,
        Window(0, 0),
    )
    assert table.select("change", "peak_change", "abnormal_change").rows() == [(9.0, None, None)]


def test_oracle_on_its_day() -> None:
    """241.51 → 328.33, a gain of $86.82 a share; dividend-adjusted closes would make it smaller."""
    source = Snapshot()
    bars = source.bars(["ORCL"], dt.date(2025, 9, 1), dt.date(2025, 9, 30)).frame
    sessions = bars["date"].sort().to_numpy().astype("datetime64[D]")
    panel, _ = build_panel(bars, sessions, ["ORCL"])
    counts = ShareCounts.of(source.shares(["ORCL"]), ["ORCL"])
    day0 = panel.index(np.array(["2025-09-10"], dtype="datetime64[D]"))
    dates = sessions[day0][:, None]
    table = caps_table(
        _keys("ORCL"), panel, np.array([0]), day0, dates, np.ones((1, 1)), counts, Window(0, 0)
    )
    row = table.row(0, named=True)
    assert row["change"] / row["shares"] == pytest.approx(86.82, abs=0.005)
    assert row["change"] == pytest.approx(243.9e9, abs=0.05e9)
    assert row["cap"] / row["cap_before"] - 1 == pytest.approx(0.3595, abs=5e-5)
    assert row["peak_change"] / row["cap_before"] == pytest.approx(0.4315, abs=5e-5)
    assert row["shares_as_of"] < dt.date(2025, 9, 10)
    adjusted = panel.prices["total_return"][0]
    assert adjusted[day0[0]] - adjusted[day0[0] - 1] < 86.2
