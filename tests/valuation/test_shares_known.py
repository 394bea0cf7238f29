"""Share counts as they were known: never one that was published later."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from support.studies import quick

from backtest.prices.provider import SHARES
from backtest.valuation.shares import ShareCounts

TICKERS = ("A", "B", "C")
DAYS = st.dates(dt.date(1955, 1, 1), dt.date(2030, 1, 1))


def _frame(counts: dict[tuple[str, dt.date], float]) -> pl.DataFrame:
    rows = [(ticker, day, shares) for (ticker, day), shares in counts.items()]
    return pl.DataFrame(rows, schema=SHARES.schema(), orient="row")


@quick
@given(
    st.dictionaries(
        st.tuples(st.sampled_from([*TICKERS, "OTHER"]), DAYS), st.floats(1, 1e12), max_size=12
    ),
    st.lists(st.tuples(st.integers(0, 2), DAYS), min_size=1, max_size=12),
)
def test_the_last_count_known_by_then(
    counts: dict[tuple[str, dt.date], float], asked: list[tuple[int, dt.date]]
) -> None:
    rows = np.array([row for row, _ in asked], dtype=np.int64)
    dates = np.array([day for _, day in asked], dtype="datetime64[D]")
    shares, since = ShareCounts.of(_frame(counts), TICKERS).known(rows, dates)
    for i, (row, day) in enumerate(asked):
        own = {at: one for (ticker, at), one in counts.items() if ticker == TICKERS[row]}
        past = [at for at in own if at <= day]
        if past:
            assert since[i].item() == max(past)
            assert shares[i] == own[max(past)]
        else:
            assert np.isnat(since[i])
            assert np.isnan(shares[i])


def test_known_on_the_day_itself_and_not_the_day_before() -> None:
    counts = ShareCounts.of(_frame({("B", dt.date(2025, 9, 10)): 2.8e9}), TICKERS)
    dates = np.array([["2025-09-09", "2025-09-10"], ["NaT", "2026-01-01"]], dtype="datetime64[D]")
    shares, since = counts.known(np.ones((2, 2), dtype=np.int64), dates)
    np.testing.assert_array_equal(shares, [[np.nan, 2.8e9], [np.nan, 2.8e9]])
    assert np.isnat(since).tolist() == [[True, False], [True, False]]


def test_no_counts_at_all() -> None:
    counts = ShareCounts.of(_frame({}), TICKERS)
    shares, since = counts.known(np.array([0, 2]), np.array(["2025-01-01"] * 2, "datetime64[D]"))
    assert np.isnan(shares).all()
    assert np.isnat(since).all()
    assert not counts.digests(3).any()


def test_digests_name_the_counts_and_nothing_around_them() -> None:
    days = [dt.date(2025, 1, 1), dt.date(2025, 4, 1)]
    own = {("B", day): 1e9 + i for i, day in enumerate(days)}
    alone = ShareCounts.of(_frame(own), ["B"]).digests(1)
    # Another security before it moves its row, not its counts.
    among = ShareCounts.of(_frame({**own, ("A", days[0]): 5.0}), ["A", "B", "C"]).digests(3)
    np.testing.assert_array_equal(among[:, 1], alone[:, 0])
    assert among[:, 0].any()
    assert not among[:, 2].any()
    assert among[:, 0].tolist() != among[:, 1].tolist()
    for changed in (
        {**own, ("B", days[1]): 1e9 + 2},
        {("B", days[0]): 1e9, ("B", dt.date(2025, 4, 2)): 1e9 + 1},
        {("B", days[0]): 1e9},
    ):
        assert (ShareCounts.of(_frame(changed), ["B"]).digests(1) != alone).any()
