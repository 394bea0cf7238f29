"""The arithmetic of what Yahoo's answers are good for."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import quick

from backtest.prices.providers._yahoo_answer import missing_tail, slips

LEVEL = [100.0, 101.0, 99.0, 102.0, 100.0, 98.0, 101.0, 100.0]


@pytest.mark.parametrize("factor", [100.0, 0.01, 90.0, 0.012])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_slip_and_back(factor: float, length: int) -> None:
    closes = np.array(LEVEL)
    closes[2 : 2 + length] *= factor
    expected = np.zeros(len(closes), dtype=bool)
    expected[2 : 2 + length] = True
    assert slips(closes).tolist() == expected.tolist()


def test_days_without_a_close_do_not_hide_it() -> None:
    closes = np.array([100.0, np.nan, 1.0, np.nan, 1.01, np.nan, 100.0])
    assert np.flatnonzero(slips(closes)).tolist() == [2, 4]


@pytest.mark.parametrize(
    "closes",
    [
        [100.0, 101.0, 1.0, 1.01, 1.0],  # the unit may have changed for good
        [100.0, *[1.0] * 6, 100.0],  # longer than any slip
        [100.0, 50.0, 100.0],  # a real day
        [100.0, 1.0, 0.01, 0.0001],  # a collapse
        [100.0],
        [],
        [np.nan, np.nan],
    ],
)
def test_what_is_no_slip(closes: list[float]) -> None:
    assert not slips(np.array(closes, dtype=float)).any()


@quick
@given(st.lists(st.floats(-0.6, 0.6), min_size=1, max_size=60))
def test_no_market_makes_one(returns: list[float]) -> None:
    """Not even days of 80 per cent up and 45 down."""
    assert not slips(100 * np.exp(np.cumsum(returns))).any()


@quick
@given(
    st.lists(st.floats(-0.05, 0.05), min_size=12, max_size=40),
    st.integers(1, 5),
    st.integers(1, 4),
    st.sampled_from([100.0, 0.01]),
)
def test_left_out_is_what_was_spoilt(
    returns: list[float], start: int, length: int, factor: float
) -> None:
    closes = 100 * np.exp(np.cumsum(returns))
    closes[start : start + length] *= factor
    assert np.flatnonzero(slips(closes)).tolist() == list(range(start, start + length))


def test_a_tail_is_missing_where_it_traded_later() -> None:
    friday, monday = dt.date(2025, 10, 31), dt.date(2025, 11, 3)
    assert missing_tail(friday, monday, monday)
    assert not missing_tail(friday, monday, friday)
    assert not missing_tail(friday, monday, None)
    assert not missing_tail(friday, friday, monday)  # it trades today: not finished yet
