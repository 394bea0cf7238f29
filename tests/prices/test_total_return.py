import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from backtest.prices.total_return import total_return_close, with_total_return


def adjusted(close: list[float], dividend: list[float]) -> list[float]:
    return total_return_close(np.array(close), np.array(dividend)).tolist()


def test_a_dividend_lowers_every_earlier_close_by_its_share_of_the_close_before() -> None:
    # 2 on a close of 100: 1 − 2/100 = 0.98, worked by hand.
    assert np.allclose(adjusted([50, 100, 99, 100], [0, 0, 2, 0]), [49.0, 98.0, 99.0, 100.0])


def test_two_dividends_multiply() -> None:
    out = adjusted([100, 100, 100], [0, 10, 20])
    assert np.allclose(out, [100 * 0.9 * 0.8, 100 * 0.8, 100])


def test_the_total_return_of_the_ex_day_is_price_change_plus_dividend() -> None:
    # (98 + 2) / 100 − 1 = 0 up to the second order: 98 / (100 − 2) − 1 = 0 exactly by this rule.
    out = adjusted([100, 98], [0, 2])
    assert out[1] / out[0] - 1 == 0


def test_a_missing_close_stays_missing_and_the_one_before_it_counts() -> None:
    out = total_return_close(np.array([100.0, np.nan, 95.0]), np.array([0.0, 0.0, 5.0]))
    assert out[0] == 95.0
    assert np.isnan(out[1])
    assert out[2] == 95.0


def test_a_dividend_on_the_first_session_or_above_the_price_changes_nothing() -> None:
    assert adjusted([100, 101], [7, 0]) == [100, 101]
    assert adjusted([1, 1], [0, 5]) == [1, 1]


def test_no_session_and_one_session() -> None:
    assert adjusted([], []) == []
    assert adjusted([3], [1]) == [3]


@given(
    st.lists(
        st.tuples(st.floats(10, 1000), st.floats(0, 5)),
        min_size=2,
        max_size=30,
    )
)
def test_returns_off_ex_days_are_those_of_the_close(rows: list[tuple[float, float]]) -> None:
    close = np.array([row[0] for row in rows])
    dividend = np.array([row[1] if row[1] > 2.5 else 0.0 for row in rows])
    out = total_return_close(close, dividend)
    quiet = dividend[1:] == 0
    assert np.allclose((out[1:] / out[:-1])[quiet], (close[1:] / close[:-1])[quiet])
    assert out[-1] == close[-1]


def test_an_ex_date_that_is_no_session_counts_in_the_next_one() -> None:
    days = pl.Series(["2025-01-03", "2025-01-06"]).str.to_date()
    bars = pl.DataFrame({"ticker": ["A", "A"], "date": days, "close": [100.0, 99.0]})
    sunday = pl.DataFrame({"ticker": ["A"], "date": ["2025-01-05"], "value": [4.0]})
    paid = sunday.with_columns(pl.col("date").str.to_date())
    assert with_total_return(bars, paid)["adj_close"].to_list() == [96.0, 99.0]


def test_securities_do_not_touch_each_other() -> None:
    days = pl.Series(["2025-01-03", "2025-01-06"] * 2).str.to_date()
    bars = pl.DataFrame({"ticker": ["B", "B", "A", "A"], "date": days, "close": [10.0, 10, 50, 50]})
    paid = pl.DataFrame({"ticker": ["B"], "date": ["2025-01-06"], "value": [1.0]})
    out = with_total_return(bars, paid.with_columns(pl.col("date").str.to_date()))
    assert out["ticker"].to_list() == ["A", "A", "B", "B"]
    assert out["adj_close"].to_list() == [50.0, 50.0, 9.0, 10.0]
