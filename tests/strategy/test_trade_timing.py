"""What is known when: exchange hours, unknown hours, and that nothing comes before it is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import quick

from backtest.events.exchanges import US
from backtest.events.sessions import SessionClock, clock
from backtest.strategy.timing import (
    after_reaction,
    entry_auctions,
    first_auctions,
    part_of_day,
)

MONDAY, TUESDAY, WEDNESDAY, FRIDAY = 0, 1, 2, 4
"""Places on an axis that starts Monday 6 October 2025; five sessions, then Monday the 13th."""


@pytest.fixture(scope="module")
def ny(warm: Path) -> SessionClock:
    return clock(US, cache_dir=warm)


@pytest.fixture(scope="module")
def axis(ny: SessionClock) -> np.ndarray:
    first = int(ny.on_or_after(np.array(["2025-10-06"], dtype="datetime64[D]"))[0])
    return ny.dates[first : first + 20]


def moments(
    instant: str | None = None, day: str = "2025-10-06", hour: str = "known"
) -> pl.DataFrame:
    moment = None
    if instant:
        moment = dt.datetime.fromisoformat(instant).astimezone(dt.UTC).replace(tzinfo=None)
        day = instant[:10]
    rows = {"instant": [moment], "day": [dt.date.fromisoformat(day)], "hour": [hour]}
    return pl.DataFrame(rows, schema_overrides={"instant": pl.Datetime("us")})


@pytest.mark.parametrize(
    ("instant", "latency", "session", "auction"),
    [
        ("2025-10-06T07:00:00-04:00", 10, MONDAY, 0),  # before the open
        ("2025-10-06T09:19:59-04:00", 10, MONDAY, 0),
        ("2025-10-06T09:25:00-04:00", 10, MONDAY, 1),  # too late for an order to the opening
        ("2025-10-06T09:25:00-04:00", 0, MONDAY, 0),
        ("2025-10-06T09:30:00-04:00", 0, MONDAY, 1),  # the opening auction itself is over
        ("2025-10-06T13:00:00-04:00", 10, MONDAY, 1),
        ("2025-10-06T15:55:00-04:00", 10, TUESDAY, 0),  # too late for the closing auction
        ("2025-10-06T15:55:00-04:00", 0, MONDAY, 1),
        ("2025-10-06T16:00:00-04:00", 0, TUESDAY, 0),
        ("2025-10-06T16:05:00-04:00", 10, TUESDAY, 0),
        ("2025-10-10T16:05:00-04:00", 10, FRIDAY + 1, 0),  # over the weekend
        ("2025-10-11T12:00:00-04:00", 10, FRIDAY + 1, 0),
        ("2025-10-06T21:00:00+09:00", 10, MONDAY, 0),  # 8:00 in New York
    ],
)
def test_the_first_auction_after_a_time(
    ny: SessionClock, axis: np.ndarray, instant: str, latency: float, session: int, auction: int
) -> None:
    found = first_auctions(moments(instant), ny, axis, latency)
    assert found.tolist() == [2 * session + auction]


@pytest.mark.parametrize(
    ("day", "hour", "session", "auction"),
    [
        ("2025-10-06", "pre", MONDAY, 0),
        ("2025-10-06", "intraday", MONDAY, 1),
        ("2025-10-06", "post", TUESDAY, 0),
        ("2025-10-06", "unknown", TUESDAY, 0),
        ("2025-10-11", "pre", FRIDAY + 1, 0),  # a Saturday
        ("2025-10-11", "intraday", FRIDAY + 1, 0),
        ("2025-10-11", "post", FRIDAY + 1, 0),
        ("2025-10-11", "unknown", FRIDAY + 1, 0),
        ("2025-10-06", "reaction", TUESDAY, 0),
        ("2025-10-11", "reaction", FRIDAY + 2, 0),  # Monday reacts, its hour is not known
    ],
)
def test_bare_dates_and_what_is_not_known_of_them(
    ny: SessionClock, axis: np.ndarray, day: str, hour: str, session: int, auction: int
) -> None:
    assert first_auctions(moments(None, day, hour), ny, axis, 10).tolist() == [
        2 * session + auction
    ]


def test_an_early_close_is_an_early_close(ny: SessionClock) -> None:
    """On 28 November 2025 New York closed at 13:00."""
    first = int(ny.on_or_after(np.array(["2025-11-28"], dtype="datetime64[D]"))[0])
    axis = ny.dates[first : first + 5]
    assert first_auctions(moments("2025-11-28T12:40:00-05:00"), ny, axis, 10).tolist() == [1]
    assert first_auctions(moments("2025-11-28T13:05:00-05:00"), ny, axis, 10).tolist() == [2]


def test_beyond_the_prices_is_beyond_them(ny: SessionClock, axis: np.ndarray) -> None:
    assert (first_auctions(moments("2026-03-02T08:00:00-05:00"), ny, axis, 0) >= 40).all()


def test_before_the_prices_is_before_them(ny: SessionClock, axis: np.ndarray) -> None:
    """What was announced before the first session is not traded on it."""
    for instant in ("2020-03-02T08:00:00-05:00", "1985-03-02T08:00:00-05:00"):
        assert first_auctions(moments(instant), ny, axis, 0).tolist() == [-1]
    assert first_auctions(moments("2025-10-03T16:30:00-04:00"), ny, axis, 0).tolist() == [0]
    assert first_auctions(moments(None, "2025-10-03", "pre"), ny, axis, 0).tolist() == [-1]


AT = st.sampled_from(["auction", "open", "close", "next_open"])


@quick
@given(announced=st.integers(0, 400), later=st.integers(0, 9), at=AT, after=st.integers(0, 30))
def test_no_entry_is_before_it_is_known(announced: int, later: int, at: str, after: int) -> None:
    known = np.array([announced + later])
    entry = entry_auctions(np.array([announced]), known, at, after)  # type: ignore[arg-type]
    assert entry >= known
    if at == "close":
        assert entry % 2 == 1
    if at in ("open", "next_open"):
        assert entry % 2 == 0


def test_the_event_clock_by_hand() -> None:
    """Announced before Tuesday's open (2) or during Tuesday (3)."""
    told = np.array([2, 3])
    for at, after, expected in (
        ("auction", 0, [2, 3]),
        ("auction", 2, [6, 7]),
        ("open", 0, [2, 4]),
        ("close", 0, [3, 3]),
        ("next_open", 0, [4, 4]),
        ("next_open", 1, [6, 6]),
        ("close", 1, [5, 5]),
    ):
        assert entry_auctions(told, told, at, after).tolist() == expected  # type: ignore[arg-type]


def test_a_reaction_is_known_at_the_next_open() -> None:
    """Session 1 reacts: its abnormal return is known after auction 3, its close."""
    assert after_reaction(np.array([1])).tolist() == [4]


@pytest.mark.parametrize(
    ("instant", "part"),
    [
        ("2025-10-06T09:29:59-04:00", "pre"),
        ("2025-10-06T09:30:00-04:00", "intraday"),
        ("2025-10-06T15:59:59-04:00", "intraday"),
        ("2025-10-06T16:00:00-04:00", "post"),  # the moment of the close is after it
        ("2025-10-06T23:59:59-04:00", "post"),
        ("2025-10-07T00:30:00-04:00", "pre"),
        ("2025-10-07T06:00:00+09:00", "post"),  # 17:00 of the day before in New York
        ("2025-11-28T13:05:00-05:00", "post"),  # an early close
        ("2025-11-28T12:55:00-05:00", "intraday"),
        ("2025-10-11T12:00:00-04:00", "pre"),  # a Saturday
        ("2025-11-27T17:00:00-05:00", "pre"),  # Thanksgiving
        ("1900-01-01T17:00:00-05:00", "pre"),  # no session of it is known
        ("2200-01-01T17:00:00-05:00", "pre"),
    ],
)
def test_a_time_has_its_part_of_the_day(ny: SessionClock, instant: str, part: str) -> None:
    assert part_of_day(moments(instant), ny) == [part]


def test_a_bare_date_keeps_what_was_told_of_it(ny: SessionClock) -> None:
    rows = [moments(hour=word) for word in ("pre", "unknown", "reaction")]
    rows.append(moments("2025-10-06T17:00:00-04:00"))
    assert part_of_day(pl.concat(rows), ny) == ["pre", "unknown", "reaction", "post"]
    assert part_of_day(moments().clear(), ny) == []
    # An hour of another exchange's day that is not known has a last minute, and no part.
    far = moments("2025-10-06T11:00:00-04:00", hour="unknown")
    assert part_of_day(far, ny) == ["unknown"]
