"""Many dates and instants at once, against a brute-force oracle."""

from __future__ import annotations

import datetime as dt
import warnings
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clocks import END, START, clock_of

from backtest.events.sessions import react


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_positions_of_dates() -> None:
    ny = clock_of("ORCL")
    asked = days("2023-01-02", "2023-01-03", "2025-10-04", "2025-10-06", "2026-12-31", "2027-01-01")
    own, following = ny.on_or_after(asked), ny.after(asked)
    assert own.tolist() == [-1, 0, *ny.on_or_after(days("2025-10-06", "2025-10-06")), 1002, 1003]
    assert [str(day) for day in ny.dates[own[2:4]]] == ["2025-10-06", "2025-10-06"]
    assert [str(day) for day in ny.dates[following[1:4]]] == [
        "2023-01-04",
        "2025-10-06",
        "2025-10-07",
    ]
    assert (following[0], following[4], following[5], len(ny)) == (-1, 1003, 1003, 1003)
    assert ny.is_session(asked).tolist() == [False, True, False, True, True, False]
    assert ny.known(own).tolist() == [False, True, True, True, True, False]


def test_candidates_in_one_go() -> None:
    ny = clock_of("ORCL")
    asked = days("2025-09-09", "2025-09-09", "2025-09-09", "2025-09-09", "2025-10-05")
    late = np.array([False, True, False, True, True])
    unknown = np.array([False, False, True, True, True])
    main, other = ny.candidates(asked, late, unknown)
    assert [str(day)[5:] for day in ny.dates[main]] == ["09-09", "09-10", "09-09", "09-10", "10-06"]
    assert [str(day)[5:] for day in ny.dates[other]] == [
        "09-09",
        "09-10",
        "09-10",
        "09-09",
        "10-06",
    ]


@cache
def schedule(mic: str) -> list[tuple[dt.date, dt.datetime]]:
    """Sessions and closes straight from the library, as Python objects."""
    import exchange_calendars

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar = exchange_calendars.get_calendar(mic, start=str(START), end=str(END))
        closes = [close.to_pydatetime() for close in calendar.closes]
    return list(zip([day.date() for day in calendar.sessions], closes, strict=True))


def by_hand(mic: str, instant: dt.datetime) -> int:
    """The first session whose close is after the instant, by looking at each."""
    return next(i for i, (_, close) in enumerate(schedule(mic)) if close > instant)


TICKERS = {"XNYS": "ORCL", "XTKS": "9984.T", "XHKG": "0700.HK", "XLON": "ARM.L", "XETR": "SAP.DE"}
_utc_times = st.datetimes(
    min_value=dt.datetime(2023, 1, 10),
    max_value=dt.datetime(2026, 12, 1),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(mic=st.sampled_from(sorted(TICKERS)), naive=_utc_times)
def test_any_instant_as_by_hand(mic: str, naive: dt.datetime) -> None:
    found = clock_of(TICKERS[mic]).reacting(np.array([naive], dtype="datetime64[ns]"))
    assert found.tolist() == [by_hand(mic, naive.replace(tzinfo=dt.UTC))]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    mic=st.sampled_from(sorted(TICKERS)),
    session=st.integers(5, 900),
    microseconds=st.sampled_from([-60_000_000, -1, 0, 1, 60_000_000]),
)
def test_instants_around_a_close_as_by_hand(mic: str, session: int, microseconds: int) -> None:
    instant = schedule(mic)[session][1] + dt.timedelta(microseconds=microseconds)
    found = react(instant, None, None, clock_of(TICKERS[mic])).main
    assert found == schedule(mic)[by_hand(mic, instant)][0]
    assert found == schedule(mic)[session + (microseconds >= 0)][0]


def test_nanoseconds_before_the_close_still_count() -> None:
    ny = clock_of("ORCL")
    close = ny.closes[100]
    asked = np.array([close - np.timedelta64(1, "ns"), close])
    assert ny.reacting(asked).tolist() == [100, 101]


def test_no_instant_is_no_session() -> None:
    assert clock_of("ORCL").reacting(np.array(["NaT"], dtype="datetime64[ns]")).tolist() == [-1]


def test_a_hundred_thousand_instants_at_once() -> None:
    ny = clock_of("ORCL")
    rng = np.random.default_rng(7)
    asked = np.datetime64("2023-01-10", "us") + rng.integers(0, 3 * 365 * 86_400, 100_000).astype(
        "timedelta64[s]"
    )
    found = ny.reacting(asked)
    assert (ny.closes[found] > asked).all()
    assert (ny.closes[found - 1] <= asked).all()
