import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from backtest.prices.provider import BARS
from backtest.prices.providers.snapshot import Snapshot
from backtest.prices.quality import find, quality_notes

Weekdays = Callable[[str, int], list[dt.date]]


def bars(days: list[dt.date], **columns: object) -> pl.DataFrame:
    size = len(days)
    base = {"open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0, "adj_close": None}
    values = {"ticker": ["A"] * size, **{name: [v] * size for name, v in base.items()}}
    frame = pl.DataFrame({"date": days, **values, "volume": [1.0] * size, **columns})
    return BARS.check(frame.cast({"adj_close": pl.Float64}))


def moving(size: int) -> list[float]:
    return [100.0 + place % 2 / 2 for place in range(size)]


def test_the_two_known_odd_prints_and_nothing_else() -> None:
    snapshot = Snapshot()
    found = find(snapshot.bars(sorted(snapshot.tickers), None, None).frame)
    assert [(f.ticker, f.date, f.column, f.value) for f in found] == [
        ("META", dt.date(2025, 12, 12), "high", 711.0),
        ("TSM", dt.date(2026, 2, 12), "low", 322.1),
    ]
    assert quality_notes(snapshot.bars(["META"], None, None).frame) == (
        "check META 2025-12-12: high 711.00 stands 9.4% above its open and close and far off the "
        "days beside it",
    )


@pytest.mark.shared
def test_few_are_found_among_37_securities_over_seven_years(shared: Path) -> None:
    table = pl.read_parquet(shared / "data" / "market" / "bars.parquet")
    found = find(table.cast({"volume": pl.Float64}))
    shares = [f for f in found if not f.ticker.startswith("^")]
    assert {(f.ticker, str(f.date)) for f in shares} >= {
        ("META", "2025-12-12"),
        ("TSM", "2026-02-12"),
    }
    assert len(shares) <= 6


def test_a_real_big_day_is_not_odd(weekdays: Weekdays) -> None:
    """A high far above its open counts only if the bars beside it do not come near it."""
    days = weekdays("2025-01-01", 40)
    high = [101.0] * 20 + [120.0, 119.0] + [119.0] * 18
    close = [*moving(20), 110.0, 118.0, *(118.0 + place % 2 / 2 for place in range(18))]
    frame = bars(days, high=high, close=close, open=close, low=[c - 1 for c in close])
    assert [f.kind for f in find(frame)] == []


def test_a_spike_of_one_day(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 40)
    high = [102.0] * 40
    high[20] = 160.0
    (finding,) = find(bars(days, high=high, close=moving(40)))
    assert (finding.kind, finding.date, finding.value) == ("odd-print", days[20], 160.0)


def test_a_close_that_does_not_move_for_two_weeks(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 30)
    close = moving(30)
    close[10:20] = [100.25] * 10
    (finding,) = find(bars(days, close=close))
    assert (finding.kind, finding.date) == ("stale", days[10])
    assert str(finding) == f"A {days[10]}: close 100.25 stays the same for 10 sessions"
    close[19] = 100.5
    assert find(bars(days, close=close)) == ()


def test_the_last_stretch_counts_and_does_not_run_into_the_next_security(
    weekdays: Weekdays,
) -> None:
    days = weekdays("2025-01-01", 6)
    one, two = bars(days), bars(days, ticker=["B"] * 6)
    assert find(pl.concat([one, two])) == ()
    long = weekdays("2025-01-01", 10)
    assert [f.ticker for f in find(pl.concat([bars(long), two]))] == ["A"]


def test_prices_that_are_none_and_bars_that_cannot_be(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 4)
    kinds = {(f.kind, f.column) for f in find(bars(days, close=[100.0, -1, 100.5, 101]))}
    assert ("not-positive", "close") in kinds
    crossed = find(bars(days, close=moving(4), high=[101.0, 99.0, 101.0, 101.0]))
    assert [(f.kind, f.column, f.date) for f in crossed] == [("crossed", "high", days[1])]


def test_closes_alone_are_enough(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 12)
    empty = dict.fromkeys(("open", "high", "low"), pl.Series([None] * 12, dtype=pl.Float64))
    assert [f.kind for f in find(bars(days, **empty))] == ["stale"]


def test_many_findings_become_a_count(weekdays: Weekdays) -> None:
    days = weekdays("2025-01-01", 10)
    frames = [bars(days, ticker=[name] * 10) for name in "ABCDEFGHIJ"]
    notes = quality_notes(pl.concat(frames), most=3)
    assert len(notes) == 4
    assert notes[-1] == "7 more prices to check (D, E, F, G, H, …)"
