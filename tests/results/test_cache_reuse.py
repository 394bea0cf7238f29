"""What the results cache reuses, what it computes anew, and that neither changes a single bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import made_prices, sessions
from support.cli import CALENDAR, Command
from support.lab import TICKERS, Lab, counts, same

import backtest as bt

BEFORE, AFTER = 261, 10
"""Sessions that the default windows read before and after the event day: the return of the first
estimation day needs the close before it."""


def test_a_second_run_computes_nothing_and_says_so(lab: Lab, cli: Command) -> None:
    lab.run(cache=False)
    study = ("run", "--events", lab.events_path, "--prices", lab.prices_path, "--format", "json")
    first, second = cli(*study), cli(*study)
    assert "computed 24 observations" in first.err
    assert "nothing to compute: all 24 observations came from the cache" in second.err
    assert first.json["tables"] == second.json["tables"]
    assert second.json["provenance"]["computed"] == 0
    assert second.json["provenance"]["reused"] == 24


def test_the_command_line_and_python_share_the_cache(lab: Lab, cli: Command) -> None:
    lab.run()
    ran = cli("run", "--events", lab.events_path, "--prices", lab.prices_path, "--format", "json")
    assert "nothing to compute" in ran.err


def change_title(events: pl.DataFrame) -> pl.DataFrame:
    return events.with_columns(title=pl.lit("a title"))


def change_group(events: pl.DataFrame) -> pl.DataFrame:
    return events.with_columns(group=pl.lit("one"))


def shuffle(events: pl.DataFrame) -> pl.DataFrame:
    return events.sample(fraction=1, shuffle=True, seed=4)


def first_ten(events: pl.DataFrame) -> pl.DataFrame:
    return events.head(10)


def every_third(events: pl.DataFrame) -> pl.DataFrame:
    return events.gather_every(3)


@pytest.mark.parametrize("change", [change_title, change_group, shuffle, first_ten, every_third])
def test_what_leaves_the_reaction_alone_recomputes_nothing(
    lab: Lab, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    lab.run()
    lab.events = change(lab.events)
    assert counts(lab.check()) == (0, len(lab.events))


def test_an_event_on_another_day_is_computed_alone(lab: Lab) -> None:
    lab.run()
    days = sessions()
    moved = days[days.index(lab.events["date"][7]) - 1]
    lab.events[7, "date"] = moved
    result = lab.check()
    assert counts(result) == (1, 23)
    assert result.fits["day0"][7] == moved
    assert counts(lab.run()) == (0, 24)


def test_new_events_are_computed_alone(lab: Lab) -> None:
    everything, lab.events = lab.events, lab.events.head(20)
    lab.run()
    lab.events = everything
    assert counts(lab.check()) == (4, 20)


@pytest.mark.parametrize("options", [{"tests": "sign"}, {"group_by": "group"}])
def test_other_sample_statistics_reuse_every_event(lab: Lab, options: dict[str, Any]) -> None:
    lab.run()
    assert counts(lab.check(**options)) == (0, 24)


@pytest.mark.parametrize(
    "options",
    [
        {"model": "mean"},
        {"model": "market,mean"},
        {"window": "-5:5"},
        {"cars": ["0:0"]},
        {"estimation": "-200:-11"},
        {"returns": "log"},
        {"missing": "lenient"},
        {"min_obs": 120},
        {"benchmark": "T0"},
    ],
)
def test_whatever_decides_a_number_is_part_of_the_key(lab: Lab, options: dict[str, Any]) -> None:
    lab.run()
    assert counts(lab.check(**options)) == (24, 0)
    # The first study is still there.
    assert counts(lab.check()) == (0, 24)


@pytest.mark.parametrize("ticker", ["T1", "SPY"])
@pytest.mark.parametrize("place", [5, 150, 300, 447])
def test_a_corrected_price_recomputes_the_events_that_read_it(
    lab: Lab, ticker: str, place: int
) -> None:
    lab.run()
    days = sessions()
    one = (pl.col("ticker") == ticker) & (pl.col("date") == days[place])
    lab.prices = lab.prices.with_columns(
        close=pl.when(one).then(pl.col("close") + 0.01).otherwise("close")
    )
    readers = [
        event
        for event, own, day in lab.events.select("event_id", "ticker", "date").iter_rows()
        if ticker in (own, "SPY") and -BEFORE <= place - days.index(day) <= AFTER
    ]
    assert counts(lab.check()) == (len(readers), 24 - len(readers))


def test_more_prices_after_the_last_window_recompute_nothing(lab: Lab) -> None:
    last = max(lab.events["date"])
    days = sessions()
    everything = lab.prices
    lab.prices = everything.filter(pl.col("date") <= days[days.index(last) + AFTER])
    lab.run()
    lab.prices = everything
    assert counts(lab.check()) == (0, 24)


def test_a_gap_that_is_filled_is_noticed(lab: Lab) -> None:
    everything = lab.prices
    day = lab.events["date"][0]
    lab.prices = everything.filter((pl.col("ticker") != "T0") | (pl.col("date") != day))
    gap = lab.check()
    # Without a price on its event day, the event is still there with an empty return.
    lab.prices = everything
    whole = lab.check()
    assert whole.provenance.computed > 0
    mine = pl.col("event_id") == lab.events["event_id"][0]
    zero = pl.col("day") == 0
    assert gap.abnormal_returns.filter(mine, zero)["return"].to_list() == [None]
    assert whole.abnormal_returns.filter(mine, zero)["return"].null_count() == 0


def test_a_session_that_another_security_adds_is_part_of_the_key(lab: Lab) -> None:
    """Days on no exchange's calendar: the table's own dates are the sessions.

    A day that only a third security has is a gap for the others, before their first price too.
    """
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2025, 6, 1), eager=True).to_list()
    extra = days[330]
    lab.prices = made_prices(TICKERS, days).filter(
        (pl.col("ticker") == "T2") | (pl.col("date") != extra)
    )
    late = pl.col("date") >= days[200]
    lab.prices = lab.prices.filter(late | (pl.col("ticker") == "T2"))
    lab.events = pl.DataFrame(
        {"event_id": ["a", "b"], "ticker": ["T0", "T2"], "date": [days[400], days[402]]}
    )
    lab.events, both = lab.events.head(1), lab.events
    lab.check(min_obs=50)
    lab.events = both
    lab.check(min_obs=50)


@pytest.fixture
def calendar(tmp_path: Path) -> Path:
    """Three announcements of the shipped calendar, to be edited."""
    folder = tmp_path / "calendar"
    folder.mkdir()
    for name in (
        "2025-10-06-amd-openai-6gw-warrant",
        "2025-10-13-avgo-openai-10gw",
        "2025-09-22-nvda-openai-100b-loi",
    ):
        shutil.copy(CALENDAR / f"{name}.yaml", folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_editing_an_announcement(calendar: Path, cache: Path) -> None:
    def run() -> tuple[int, int]:
        result = bt.run(calendar, "snapshot", cache=cache)
        same(result, bt.run(calendar, "snapshot", cache=False))
        return counts(result)

    computed, _ = run()
    assert computed > 10
    broadcom = calendar / "2025-10-13-avgo-openai-10gw.yaml"
    edit(broadcom, "title: ", "title: Changed - ")
    assert run() == (0, computed)
    edit(broadcom, "announced: 2025-10-13", "announced: 2025-10-14")
    (one,) = (
        one
        for one in bt.run(calendar, "snapshot", cache=False).fits.partition_by("event_id")
        if one["event_id"][0] == broadcom.stem
    )
    assert run() == (len(one), computed - len(one))


def test_a_selection_reuses_what_the_whole_calendar_computed(cache: Path) -> None:
    bt.run(CALENDAR, "snapshot", cache=cache)
    some = bt.run(CALENDAR, "snapshot", cache=cache, selection=["tag:chips"])
    assert some.provenance.computed == 0
    same(some, bt.run(CALENDAR, "snapshot", cache=False, selection=["tag:chips"]))
