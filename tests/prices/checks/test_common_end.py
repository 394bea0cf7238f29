"""Up to which day there should be prices, whatever a few rows say."""

import datetime as dt
from collections.abc import Callable

import polars as pl

from backtest.prices.checks._ends import common_end, latest_day
from backtest.prices.provider import BARS

Weekdays = Callable[[str, int], list[dt.date]]
LATEST = dt.date(2030, 1, 1)


def closes(**days: list[dt.date]) -> pl.DataFrame:
    rows = [(day, name, 1.0) for name, dates in days.items() for day in dates]
    schema = {name: BARS.schema()[name] for name in ("date", "ticker", "close")}
    made = pl.DataFrame(rows, schema=schema, orient="row")
    return pl.concat([BARS.empty(), made], how="diagonal")


def test_the_last_day_of_all(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 300)
    assert common_end(closes(A=days[:5], B=days), LATEST) == days[-1]
    assert common_end(closes(A=days), days[7]) == days[7]
    assert common_end(BARS.empty(), LATEST) is None
    assert common_end(closes(A=days), dt.date(2020, 1, 1)) is None


def test_one_that_goes_on_behind_a_hole_does_not_count(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 300)
    assert common_end(closes(A=days[:100], B=[*days[:99], days[299]]), LATEST) == days[99]
    # Without a hole the others are late, and behind one that most of them share as well.
    assert common_end(closes(A=days[:100], B=days), LATEST) == days[-1]
    both = [*days[:100], *days[200:]]
    assert common_end(closes(A=both, B=both, C=days[:100]), LATEST) == days[-1]
    assert common_end(closes(A=[*days[:100], *days[200:]]), LATEST) == days[-1]


def test_a_day_begins_in_the_east() -> None:
    now = dt.datetime(2025, 5, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14)))
    assert latest_day(now) == dt.date(2025, 5, 1)
