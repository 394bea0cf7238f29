import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from backtest.prices.provider import ACTIONS, SHARES
from backtest.prices.share_counts import Count, clean, cleaned_shares


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def counts(*pairs: tuple[str, float]) -> list[Count]:
    return [Count(day(text), shares) for text, shares in pairs]


def test_repeats_and_disorder_disappear() -> None:
    given = counts(("2025-03-01", 102), ("2025-01-01", 100), ("2025-01-02", 100))
    assert clean(given) == tuple(counts(("2025-01-01", 100), ("2025-03-01", 102)))


def test_of_two_on_one_day_the_one_near_the_day_before_stays() -> None:
    given = counts(("2025-01-01", 100), ("2025-02-01", 139), ("2025-02-01", 101))
    assert clean(given)[-1].shares == 101
    assert clean(counts(("2025-02-01", 100), ("2025-02-01", 101)))[0].shares == 101


def test_a_spike_of_one_day_is_dropped_and_a_step_is_not() -> None:
    spike = counts(("2025-01-01", 100), ("2025-02-01", 250), ("2025-02-02", 101))
    assert [c.shares for c in clean(spike)] == [100, 101]
    step = counts(("2025-01-01", 100), ("2025-02-01", 125), ("2025-03-01", 126))
    assert [c.shares for c in clean(step)] == [100, 125, 126]


def test_counts_before_a_split_are_multiplied() -> None:
    given = counts(("2024-01-01", 10), ("2025-06-01", 100))
    assert [c.shares for c in clean(given, [(day("2024-12-01"), 10.0)])] == [100]
    two = [(day("2024-06-03"), 2.0), (day("2024-12-01"), 5.0)]
    assert clean(given, two)[0] == Count(day("2024-01-01"), 100)


def test_near_a_split_the_reading_that_fits_is_taken() -> None:
    """Yahoo shows the new count days before the split, or the old one weeks after it."""
    split = [(day("2024-07-15"), 10.0)]
    early = counts(("2024-06-14", 465.5), ("2024-07-13", 4654.9), ("2024-09-12", 4670.6))
    assert [c.shares for c in clean(early, split)] == pytest.approx([4655.0, 4654.9, 4670.6])
    late = counts(("2024-07-20", 465.5), ("2024-09-12", 4670.6))
    assert [c.shares for c in clean(late, split)] == pytest.approx([4655.0, 4670.6])


def test_a_reverse_split() -> None:
    given = counts(("2024-01-01", 1000), ("2025-06-01", 101))
    assert [c.shares for c in clean(given, [(day("2024-12-01"), 0.1)])] == [100, 101]


def test_counts_before_an_unexplained_jump_are_not_believed() -> None:
    """One share class first, all of them later: the earlier ones give false market values."""
    given = counts(("2024-01-01", 5.8), ("2024-06-01", 5.9), ("2026-02-06", 12.1))
    assert clean(given) == tuple(counts(("2026-02-06", 12.1)))


def test_a_newest_count_alone_against_a_steady_past_is_dropped() -> None:
    steady = counts(*((f"2025-0{month}-01", 100 + month) for month in range(1, 6)))
    assert clean([*steady, Count(day("2025-07-01"), 400)]) == tuple(steady)


def test_nothing_usable() -> None:
    assert clean(counts(("2025-01-01", 0), ("2025-01-02", -5), ("2025-01-03", float("nan")))) == ()
    assert clean([]) == ()


def test_securities_do_not_touch_each_other() -> None:
    one = day("2025-01-01")
    reported = pl.DataFrame(
        [("A", one, 5.0), ("B", one, 7.0)], schema=SHARES.schema(), orient="row"
    )
    split = [("A", day("2026-01-02"), "split", 2.0)]
    actions = pl.DataFrame(split, schema=ACTIONS.schema(), orient="row")
    assert cleaned_shares(reported, actions).rows() == [("A", one, 10.0), ("B", one, 7.0)]
    assert SHARES.check(cleaned_shares(SHARES.empty(), ACTIONS.empty())).is_empty()


@pytest.mark.shared
def test_a_real_pre_split_history(shared: Path) -> None:
    """AVGO before its split of 2024-07-15 is on the old basis in the raw table."""
    folder = shared / "data" / "market"
    raw = pl.read_parquet(folder / "shares.parquet").filter(pl.col("ticker") == "AVGO")
    split = pl.read_parquet(folder / "actions.parquet").filter(
        pl.col("ticker") == "AVGO", pl.col("kind") == "split"
    )
    given = [Count(*row) for row in raw.select("as_of", "shares").iter_rows()]
    out = clean(given, split.select("date", "value").rows())
    assert out[0] == Count(day("2024-01-04"), 4_681_409_920)
    assert Count(day("2024-07-13"), 4_654_879_744) in out
    assert max(c.shares for c in out) / min(c.shares for c in out) < 1.05
