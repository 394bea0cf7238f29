"""Cutting windows out of a panel against cell-by-cell look-up."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.studies import quick

from backtest.engine.windows import gather
from backtest.spec import Window


@quick
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-15, 35)), min_size=0, max_size=8),
    st.integers(-12, 4),
    st.integers(1, 25),
    st.integers(1, 20),
)
def test_every_cell_is_the_panel_s_or_missing(
    places: list[tuple[int, int]], start: int, length: int, sessions: int
) -> None:
    series = np.arange(3.0 * sessions).reshape(3, sessions)
    rows = np.array([row for row, _ in places], dtype=np.int64)
    day0 = np.array([day for _, day in places], dtype=np.int64)
    window = Window(start, start + length - 1)
    cut = gather(series, rows, day0, window)
    assert cut.shape == (len(places), length)
    for i, (row, day) in enumerate(places):
        for j in range(length):
            at = day + start + j
            if 0 <= at < sessions:
                assert cut[i, j] == series[row, at]
            else:
                assert np.isnan(cut[i, j])


def test_the_cut_is_a_copy() -> None:
    series = np.zeros((1, 10))
    gather(series, np.array([0]), np.array([5]), Window(-1, 1))[:] = 7
    assert not series.any()
