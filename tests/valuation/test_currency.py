"""London quotes in pence: market value is in pounds all the same."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from backtest.prices.panel import Panel
from backtest.spec import Window
from backtest.valuation.caps_table import caps_table
from backtest.valuation.currency import currency_unit
from backtest.valuation.shares import ShareCounts


@pytest.mark.parametrize(
    ("quoted", "expected"),
    [("GBp", ("GBP", 0.01)), ("ZAc", ("ZAR", 0.01)), ("USD", ("USD", 1.0)), ("JPY", ("JPY", 1.0))],
)
def test_the_unit_of_a_quotation(quoted: str, expected: tuple[str, float]) -> None:
    assert currency_unit(quoted) == expected


def test_a_market_value_in_pence_is_told_in_pounds() -> None:
    sessions = np.array(["2025-01-02", "2025-01-03"], dtype="datetime64[D]")
    closes = np.array([[5000.0, 5100.0]])  # pence
    panel = Panel(sessions, ("SHEL.L",), {"total_return": closes, "close": closes})
    shares = pl.DataFrame(
        {"ticker": ["SHEL.L"], "known_from": [sessions[0].item()], "shares": [6.0e9]}
    )
    keys = pl.DataFrame({"event_id": ["e"], "ticker": ["SHEL.L"], "currency": ["GBp"]})
    caps = caps_table(
        keys,
        panel,
        np.array([0]),
        np.array([1]),
        sessions[None, 1:],
        np.array([[0.01]]),
        ShareCounts.of(shares, panel.tickers),
        Window(0, 0),
    )
    row = caps.row(0, named=True)
    assert row["currency"] == "GBP"
    assert row["shares"] == 6.0e9
    assert row["cap_before"] == pytest.approx(300e9)  # 6bn shares at £50
    assert row["change"] == pytest.approx(6e9)  # one pound each
    assert row["abnormal_change"] == pytest.approx(3e9)
