"""What each check finds, and what it leaves alone."""

import datetime as dt
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from backtest.errors import BadUsage
from backtest.prices.checks import check_names, check_prices
from backtest.prices.checks._prices import FINDINGS, Setting
from backtest.prices.provider import ACTIONS, BARS
from backtest.prices.providers.snapshot import Snapshot

Weekdays = Callable[[str, int], list[dt.date]]
NOTHING = Setting()


def bars(days: list[dt.date], **columns: object) -> pl.DataFrame:
    size = len(days)
    base = {"open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0, "adj_close": None}
    values = {"ticker": ["A"] * size, **{name: [v] * size for name, v in base.items()}}
    frame = pl.DataFrame({"date": days, **values, "volume": [1.0] * size, **columns})
    return BARS.check(frame.cast({"adj_close": pl.Float64}))


def moving(size: int) -> list[float]:
    return [100.0 + place % 2 / 2 for place in range(size)]


def flat(closes: list[float]) -> dict[str, list[float]]:
    """Bars without wicks."""
    return dict.fromkeys(("open", "high", "low", "close"), closes)


def found(frame: pl.DataFrame, setting: Setting = NOTHING) -> list[tuple[Any, ...]]:
    table = check_prices(frame, setting)
    assert table.columns == FINDINGS.names
    return table.select("check", "ticker", "date", "column").rows()


def why(frame: pl.DataFrame, setting: Setting = NOTHING) -> list[str]:
    return check_prices(frame, setting)["why"].to_list()


def test_the_two_known_odd_prints_and_nothing_else() -> None:
    snapshot = Snapshot()
    shipped = snapshot.bars(sorted(snapshot.tickers), None, None)
    assert shipped.actions is not None
    setting = Setting(actions=shipped.actions, with_actions=snapshot.tickers)
    assert found(shipped.frame, setting) == [
        ("spike", "META", dt.date(2025, 12, 12), "high"),
        ("spike", "TSM", dt.date(2026, 2, 12), "low"),
    ]


@pytest.mark.shared
def test_few_are_found_among_37_securities_over_seven_years(shared: Path) -> None:
    table = pl.read_parquet(shared / "data" / "market" / "bars.parquet")
    rows = found(table.cast({"volume": pl.Float64}))
    spikes = [row for row in rows if row[0] == "spike" and not row[1].startswith("^")]
    assert {(row[1], str(row[2])) for row in spikes} >= {
        ("META", "2025-12-12"),
        ("TSM", "2026-02-12"),
    }
    assert len(spikes) <= 6
    assert {row[0] for row in rows} == {"spike", "zero-volume"}


def test_a_real_big_day_is_not_odd(weekdays: Weekdays) -> None:
    """A high far above its open counts only if the bars beside it do not come near it."""
    days = weekdays("2025-01-01", 40)
    high = [101.0] * 20 + [120.0, 119.0] + [119.0] * 18
    close = [*moving(20), 110.0, 118.0, *(118.0 + place % 2 / 2 for place in range(18))]
    frame = bars(days, high=high, close=close, open=close, low=[c - 1 for c in close])
    assert found(frame) == []


def test_a_high_of_one_day(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 40)
    high = [102.0] * 40
    high[20] = 160.0
    assert found(bars(days, high=high, close=moving(40))) == [("spike", "A", days[20], "high")]


@pytest.mark.parametrize("factor", [2.0, 0.5, 100.0])
def test_a_close_that_comes_back(weekdays: Weekdays, factor: float) -> None:
    days = weekdays("2025-01-01", 60)
    closes = moving(60)
    closes[30] *= factor
    assert found(bars(days, **flat(closes)))[0][:3] == ("spike", "A", days[30])
    closes[31:] = [close * factor for close in closes[31:]]
    assert "spike" not in {row[0] for row in found(bars(days, **flat(closes)))}


def test_a_close_that_does_not_move_for_two_weeks(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 30)
    close = moving(30)
    close[10:20] = [100.25] * 10
    frame = bars(days, close=close)
    assert found(frame) == [("constant", "A", days[10], "close")]
    assert why(frame) == [f"stays the same for 10 sessions, to {days[19]}"]
    close[19] = 100.5
    assert found(bars(days, close=close)) == []


def test_the_last_stretch_counts_and_does_not_run_into_the_next_security(
    weekdays: Weekdays,
) -> None:
    days = weekdays("2025-01-01", 6)
    one, two = bars(days), bars(days, ticker=["B"] * 6)
    assert found(pl.concat([one, two])) == []
    long = weekdays("2025-01-01", 10)
    assert [row[1] for row in found(pl.concat([bars(long), two]))] == ["A"]


def test_prices_that_are_none_and_bars_that_cannot_be(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 4)
    checks = {(row[0], row[3]) for row in found(bars(days, close=[100.0, -1, 100.5, 101]))}
    assert ("not-positive", "close") in checks
    nan = found(bars(days, close=[100.0, math.nan, math.inf, 101]))
    assert [row[:3] for row in nan][:2] == [("not-positive", "A", day) for day in days[1:3]]
    crossed = bars(days, close=moving(4), high=[101.0, 99.0, 101.0, 101.0])
    assert found(crossed)[:1] == [("order", "A", days[1], "high")]
    assert why(crossed)[0] == "high 99.0 is below 100.5 of the same bar"
    swapped = bars(days, close=moving(4), high=[101.0, 101.0, 98.0, 101.0])
    assert {row[3] for row in found(swapped)} == {"high", "low"}


def test_closes_alone_are_enough(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 12)
    empty = dict.fromkeys(("open", "high", "low"), pl.Series([None] * 12, dtype=pl.Float64))
    assert [row[0] for row in found(bars(days, **empty))] == ["constant"]


def test_a_session_that_is_there_twice(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 5)
    frame = bars(days, close=moving(5))
    twice = pl.concat([frame, frame[2:3], frame[3:4].with_columns(close=pl.lit(100.4))])
    assert found(twice) == [("duplicate", "A", day, "close") for day in days[2:4]]
    assert why(twice) == [
        "is there 2 times, with the same values",
        "is there 2 times, with different values: close 100.5 and 100.4",
    ]


def test_gaps_are_runs_of_missing_sessions(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 20)
    sessions = {"X": np.array(days[:15] + days[16:], dtype="datetime64[D]")}
    setting = Setting(exchange={"A": "X", "B": "X"}, sessions=sessions)
    one = bars(days, close=moving(20)).filter(~pl.col("date").is_in([days[3], days[7], days[8]]))
    late = bars(days, ticker=["B"] * 20, close=moving(20))[10:15]
    frame = pl.concat([late, one])
    table = check_prices(frame, setting).select("ticker", "date", "until", "value", "why")
    assert table.rows() == [
        ("A", days[3], days[3], 1.0, "no close on a session of X"),
        ("A", days[7], days[8], 2.0, f"no close on 2 sessions of X to {days[8]}"),
        ("A", days[15], None, 100.5, "a price on a day that is no session of X"),
    ]
    # A row without a close is a gap as well.
    empty = bars(days[:15], close=[None if n == 4 else c for n, c in enumerate(moving(15))])
    assert [row[:3] for row in found(empty, setting)] == [("gap", "A", days[4])]


def test_tails_that_end_too_early(weekdays: Weekdays) -> None:
    """The last valid row counts: rows without a close go on as long as they like."""
    days = weekdays("2025-01-01", 30)
    closes: list[float | None] = [*moving(20), *[None] * 10]
    frame = pl.concat([bars(days, close=closes), bars(days, ticker=["B"] * 30, close=moving(30))])
    setting = Setting(ends=dict.fromkeys("AB", days[-1]))
    assert found(frame, setting) == [("stale", "A", days[19], "close")]
    assert why(frame, setting) == [
        f"the last close, 10 weekdays before prices should end ({days[-1]}); rows without one go "
        f"on to {days[-1]}"
    ]
    assert found(frame, Setting(ends=dict.fromkeys("AB", days[24]))) == []


def test_days_without_a_trade(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 20)
    volume = [0.0 if n in (3, 10, 11) else 5.0 for n in range(20)]
    frame = bars(days, close=moving(20), volume=volume)
    assert found(frame) == [("zero-volume", "A", day, "volume") for day in (days[3], days[10])]
    index = bars(days, close=moving(20), volume=[0.0] * 20)
    assert found(index) == []


def test_a_split_that_is_not_in_the_prices(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 40)
    closes = [price / (4 if n >= 20 else 1) for n, price in enumerate(moving(40))]
    assert found(bars(days, **flat(closes))) == [("split", "A", days[20], "close")]
    assert "a split 4 for 1 that is not" in why(bars(days, **flat(closes)))[0]
    reverse = [price * (25 if n >= 20 else 1) for n, price in enumerate(moving(40))]
    assert "a split 1 for 25 that" in why(bars(days, **flat(reverse)))[0]
    # With the adjusted close beside it, a day of news at the same time is no cover.
    moved = [price / (4.4 if n >= 20 else 1) for n, price in enumerate(moving(40))]
    assert found(bars(days, **flat(moved))) == []
    adjusted = [price / 4 / (1.1 if n >= 20 else 1) for n, price in enumerate(moving(40))]
    both = check_prices(bars(days, **flat(moved), adj_close=adjusted), NOTHING)
    assert "split" in both["check"].to_list()
    # A crash that goes on is none, nor is one from which the price comes back.
    crash = [100.0 * 0.97**n * (0.5 if n >= 20 else 1) for n in range(40)]
    assert "split" not in {row[0] for row in found(bars(days, **flat(crash)))}


def test_a_split_that_is_known_and_not_in_the_prices(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 40)
    splits = pl.DataFrame([("A", days[20], "split", 3.0)], schema=ACTIONS.schema(), orient="row")
    setting = Setting(actions=splits, with_actions=frozenset("A"))
    bare = [price / (3.3 if n >= 20 else 1) for n, price in enumerate(moving(40))]
    assert found(bars(days, **flat(bare)), setting) == [("split", "A", days[20], "close")]
    assert found(bars(days, **flat(moving(40))), setting) == []


def test_close_and_adjusted_close(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 30)
    closes = moving(30)
    sound = [close * (0.98 if n < 12 else 1.0) for n, close in enumerate(closes)]
    assert found(bars(days, **flat(closes), adj_close=sound)) == []
    above = [close * 1.01 for close in closes]
    assert why(bars(days, **flat(closes), adj_close=above)) == [
        f"the adjusted close is above the close, on 30 sessions to {days[-1]}"
    ]
    falling = [close * (0.98 if n >= 12 else 1.0) for n, close in enumerate(closes)]
    assert why(bars(days, **flat(closes), adj_close=falling)) == [
        "the adjusted close fell more than the close, which no dividend does"
    ]
    large = [close * (0.6 if n < 12 else 1.0) for n, close in enumerate(closes)]
    assert "40.0 % of the price paid out" in why(bars(days, **flat(closes), adj_close=large))[0]
    partly = [None if n == 5 else close for n, close in enumerate(closes)]
    assert why(bars(days, **flat(closes), adj_close=partly)) == [
        "no adjusted close beside the close"
    ]


def test_adjusted_closes_against_the_dividends(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 30)
    closes = moving(30)
    paid = pl.DataFrame([("A", days[12], "dividend", 2.01)], schema=ACTIONS.schema(), orient="row")
    setting = Setting(actions=paid, with_actions=frozenset("A"))
    sound = [close * (0.98 if n < 12 else 1.0) for n, close in enumerate(closes)]
    assert found(bars(days, **flat(closes), adj_close=sound), setting) == []
    assert why(bars(days, **flat(closes), adj_close=closes), setting) == [
        "the dividend 2.01 of this day is not in the adjusted closes before it"
    ]
    elsewhere = [close * (0.98 if n < 20 else 1.0) for n, close in enumerate(closes)]
    frame = bars(days, **flat(closes), adj_close=elsewhere)
    assert [row[2] for row in found(frame, setting)] == [days[12], days[20]]
    assert "rose beside the close without a dividend" in why(frame, setting)[1]
    # Of a source that knows no dividends nothing is said.
    assert found(frame, Setting()) == []


def test_currencies_and_pounds_for_pence(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 30)
    frame = bars(days, **flat(moving(30)))
    setting = Setting(currencies={"A": "GBP"}, expected={"A": "GBp"})
    assert why(frame, setting) == ["is in GBP, where the exchange quotes in GBp"]
    assert found(frame, Setting(currencies={"A": "GBp"}, expected={"A": "GBp"})) == []
    pounds = [price * (1 if n < 15 else 0.01) for n, price in enumerate(moving(30))]
    assert found(bars(days, **flat(pounds))) == [("currency", "A", days[15], "close")]


def test_securities_in_any_order_and_in_batches_give_the_same(
    weekdays: Weekdays, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = weekdays("2025-01-01", 40)
    parts = []
    for number in range(9):
        closes = moving(40)
        closes[5 + number] *= 2.0
        parts.append(bars(days, ticker=[f"T{number}"] * 40, **flat(closes)))
    whole = check_prices(pl.concat(parts), NOTHING)
    assert whole.height == 9
    shuffled = pl.concat(parts).sample(fraction=1.0, shuffle=True, seed=3)
    assert check_prices(shuffled, NOTHING).equals(whole)
    monkeypatch.setattr("backtest.prices.checks._ROWS", 90)
    assert check_prices(shuffled, NOTHING).equals(whole)
    assert check_prices(BARS.empty(), NOTHING).is_empty()


def test_names_of_checks() -> None:
    assert check_names("gap, order") == ["gap", "order"]
    assert check_names(None)[0] == "damaged"
    with pytest.raises(BadUsage, match="did you mean `spike`"):
        check_names("spikes")
