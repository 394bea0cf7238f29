"""Which session reacts: literal cases, every sentence, and a brute-force oracle."""

from __future__ import annotations

import datetime as dt
import warnings
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.errors import BadInput, DataUnavailable
from backtest.events.exchanges import exchange_of
from backtest.events.sessions import SessionClock, clock, day_name, react

START, END = dt.date(2023, 1, 1), dt.date(2026, 12, 31)


def clock_of(ticker: str) -> SessionClock:
    return clock(exchange_of(ticker), start=START, end=END)


def sentence(announced: str, ticker: str = "ORCL", *, full: bool = False) -> str:
    told = react(dt.datetime.fromisoformat(announced), None, None, clock_of(ticker)).sentence
    return told if full else told.removeprefix("announced ")


@pytest.mark.parametrize(
    ("ticker", "announced", "told"),
    [
        # Oracle's first-quarter results, after the close
        (
            "ORCL",
            "2025-09-09T16:05:00-04:00",
            "Tue 9 Sep 2025 16:05 ET, after the close → reacts Wed 10 Sep 2025",
        ),
        (
            "ORCL",
            "2025-09-09T20:05:00+00:00",
            "Tue 9 Sep 2025 16:05 ET, after the close → reacts Wed 10 Sep 2025",
        ),
        # NVIDIA and OpenAI, while New York traded
        (
            "NVDA",
            "2025-09-22T11:30:00-04:00",
            "Mon 22 Sep 2025 11:30 ET, during the session → reacts Mon 22 Sep 2025",
        ),
        (
            "AMD",
            "2025-10-06T07:00:00-04:00",
            "Mon 6 Oct 2025 07:00 ET, before the open → reacts Mon 6 Oct 2025",
        ),
        # a Sunday at any hour, seen from any zone
        (
            "AMD",
            "2025-10-05T00:00:00-04:00",
            "Sun 5 Oct 2025 00:00 ET, no session that day → reacts Mon 6 Oct 2025",
        ),
        (
            "AMD",
            "2025-10-05T23:59:59-04:00",
            "Sun 5 Oct 2025 23:59 ET, no session that day → reacts Mon 6 Oct 2025",
        ),
        # early closes
        (
            "NVDA",
            "2025-11-28T12:59:59-05:00",
            "Fri 28 Nov 2025 12:59 ET, during the session → reacts Fri 28 Nov 2025",
        ),
        (
            "NVDA",
            "2025-11-28T13:00:00-05:00",
            "Fri 28 Nov 2025 13:00 ET, after the early close at 13:00 → reacts Mon 1 Dec 2025",
        ),
        (
            "NVDA",
            "2025-07-03T13:00:00-04:00",
            "Thu 3 Jul 2025 13:00 ET, after the early close at 13:00 → reacts Mon 7 Jul 2025",
        ),
        # Thanksgiving, and the day of mourning for President Carter
        (
            "NVDA",
            "2025-11-27T10:00:00-05:00",
            "Thu 27 Nov 2025 10:00 ET, no session that day → reacts Fri 28 Nov 2025",
        ),
        (
            "NVDA",
            "2025-01-08T16:00:00-05:00",
            "Wed 8 Jan 2025 16:00 ET, after the close → reacts Fri 10 Jan 2025",
        ),
        (
            "NVDA",
            "2025-01-09T10:00:00-05:00",
            "Thu 9 Jan 2025 10:00 ET, no session that day → reacts Fri 10 Jan 2025",
        ),
        # clocks change: New York closes at 21:00 UTC in winter, at 20:00 in summer
        (
            "NVDA",
            "2025-03-07T20:59:59+00:00",
            "Fri 7 Mar 2025 15:59 ET, during the session → reacts Fri 7 Mar 2025",
        ),
        (
            "NVDA",
            "2025-03-10T20:00:00+00:00",
            "Mon 10 Mar 2025 16:00 ET, after the close → reacts Tue 11 Mar 2025",
        ),
        (
            "NVDA",
            "2025-10-31T20:00:00+00:00",
            "Fri 31 Oct 2025 16:00 ET, after the close → reacts Mon 3 Nov 2025",
        ),
        (
            "NVDA",
            "2025-11-03T20:59:59+00:00",
            "Mon 3 Nov 2025 15:59 ET, during the session → reacts Mon 3 Nov 2025",
        ),
        # Tokyo: noon is the lunch break; closes at 15:30 since 5 November 2024
        (
            "9984.T",
            "2026-04-28T03:00:00+00:00",
            "Tue 28 Apr 2026 12:00 JST, during the session → reacts Tue 28 Apr 2026",
        ),
        (
            "9984.T",
            "2026-04-28T06:30:00+00:00",
            "Tue 28 Apr 2026 15:30 JST, after the close → reacts Thu 30 Apr 2026",
        ),
        (
            "9984.T",
            "2024-11-01T06:15:00+00:00",
            "Fri 1 Nov 2024 15:15 JST, after the close → reacts Tue 5 Nov 2024",
        ),
        (
            "9984.T",
            "2024-11-06T06:15:00+00:00",
            "Wed 6 Nov 2024 15:15 JST, during the session → reacts Wed 6 Nov 2024",
        ),
        # after New York's close is Tokyo's next morning
        (
            "9984.T",
            "2025-09-09T20:05:00-04:00",
            "Wed 10 Sep 2025 09:05 JST, during the session → reacts Wed 10 Sep 2025",
        ),
        (
            "9984.T",
            "2025-09-09T16:05:00-04:00",
            "Wed 10 Sep 2025 05:05 JST, before the open → reacts Wed 10 Sep 2025",
        ),
        # Hong Kong over lunch, London to the minute
        (
            "0700.HK",
            "2025-08-13T12:30:00+08:00",
            "Wed 13 Aug 2025 12:30 HKT, during the session → reacts Wed 13 Aug 2025",
        ),
        (
            "ARM.L",
            "2025-06-10T16:29:00+01:00",
            "Tue 10 Jun 2025 16:29 London time, during the session → reacts Tue 10 Jun 2025",
        ),
        (
            "ARM.L",
            "2025-06-10T16:30:00+01:00",
            "Tue 10 Jun 2025 16:30 London time, after the close → reacts Wed 11 Jun 2025",
        ),
        # the same moment, two days apart: London closed, New York open
        (
            "ORCL",
            "2025-06-10T16:30:00+01:00",
            "Tue 10 Jun 2025 11:30 ET, during the session → reacts Tue 10 Jun 2025",
        ),
    ],
)
def test_instants(ticker: str, announced: str, told: str) -> None:
    assert sentence(announced, ticker) == told


def test_sentence_begins_with_announced() -> None:
    assert sentence("2025-09-09T16:05:00-04:00", full=True) == (
        "announced Tue 9 Sep 2025 16:05 ET, after the close → reacts Wed 10 Sep 2025"
    )


def test_reaction_to_an_instant_has_one_candidate() -> None:
    moment = dt.datetime.fromisoformat("2025-09-09T16:05:00-04:00")
    reaction = react(moment, None, None, clock_of("ORCL"))
    assert (reaction.main, reaction.alternative) == (dt.date(2025, 9, 10), None)


@pytest.mark.parametrize(
    ("date", "session", "probable", "main", "alternative", "told"),
    [
        ("2025-09-09", "pre", None, "2025-09-09", None, "before the open → reacts Tue 9 Sep 2025"),
        (
            "2025-09-09",
            "intraday",
            None,
            "2025-09-09",
            None,
            "during the session → reacts Tue 9 Sep 2025",
        ),
        (
            "2025-09-09",
            "post",
            None,
            "2025-09-10",
            None,
            "after the close → reacts Wed 10 Sep 2025",
        ),
        (
            "2025-09-09",
            "unknown",
            None,
            "2025-09-09",
            "2025-09-10",
            "hour unknown → reacts Tue 9 Sep 2025, also studied at Wed 10 Sep 2025",
        ),
        (
            "2025-09-09",
            None,
            None,
            "2025-09-09",
            "2025-09-10",
            "hour unknown → reacts Tue 9 Sep 2025, also studied at Wed 10 Sep 2025",
        ),
        (
            "2025-09-09",
            None,
            "post",
            "2025-09-10",
            "2025-09-09",
            "hour unknown, probably after the close → reacts Wed 10 Sep 2025, "
            "also studied at Tue 9 Sep 2025",
        ),
        (
            "2025-09-09",
            "unknown",
            "pre",
            "2025-09-09",
            "2025-09-10",
            "hour unknown, probably before the open → reacts Tue 9 Sep 2025, "
            "also studied at Wed 10 Sep 2025",
        ),
        (
            "2025-09-12",
            None,
            "intraday",
            "2025-09-12",
            "2025-09-15",
            "hour unknown, probably during the session → reacts Fri 12 Sep 2025, "
            "also studied at Mon 15 Sep 2025",
        ),
        # a Sunday collapses to the Monday whatever is known of the hour
        *[
            (
                "2025-10-05",
                session,
                None,
                "2025-10-06",
                None,
                "no session that day → reacts Mon 6 Oct 2025",
            )
            for session in ("pre", "intraday", "post")
        ],
        *[
            (
                "2025-10-05",
                None,
                probable,
                "2025-10-06",
                None,
                "hour unknown, no session that day → reacts Mon 6 Oct 2025",
            )
            for probable in (None, "pre", "post")
        ],
        # over Thanksgiving
        (
            "2025-11-26",
            "post",
            None,
            "2025-11-28",
            None,
            "after the close → reacts Fri 28 Nov 2025",
        ),
    ],
)
def test_bare_dates(
    date: str,
    session: str | None,
    probable: str | None,
    main: str,
    alternative: str | None,
    told: str,
) -> None:
    day = dt.date.fromisoformat(date)
    reaction = react(day, session, probable, clock_of("ORCL"))
    assert str(reaction.main) == main
    assert (alternative and str(reaction.alternative)) == alternative
    assert reaction.sentence == f"announced {day_name(day)}, {told}"


@pytest.mark.parametrize(
    ("announced", "told"),
    [
        (dt.date(2022, 12, 30), "announced before 2023-01-03, the first session known of XNYS"),
        (dt.date(2027, 1, 1), "announced after 2026-12-31, the last session known of XNYS"),
        # its second candidate is not known
        (dt.date(2026, 12, 31), "announced after 2026-12-31, the last session known of XNYS"),
        (
            dt.datetime.fromisoformat("2026-12-31T16:00:00-05:00"),
            "announced after 2026-12-31, the last session known of XNYS",
        ),
        (
            dt.datetime.fromisoformat("2023-01-02T23:59:59-05:00"),
            "announced before 2023-01-03, the first session known of XNYS",
        ),
        (
            dt.datetime.fromisoformat("9999-12-31T23:59:59-12:00"),
            "announced after 2026-12-31, the last session known of XNYS",
        ),
        (
            dt.datetime.fromisoformat("0001-01-01T00:00:00+14:00"),
            "announced before 2023-01-03, the first session known of XNYS",
        ),
        (
            dt.datetime.fromisoformat("2263-01-01T00:00:00+00:00"),
            "announced after 2026-12-31, the last session known of XNYS",
        ),
    ],
)
def test_outside_the_calendar(announced: dt.date, told: str) -> None:
    with pytest.raises(DataUnavailable) as caught:
        react(announced, None, None, clock_of("ORCL"))
    assert str(caught.value) == told
    assert caught.value.problems[0].code == "outside-calendar"


def test_edges_of_the_calendar_are_inside() -> None:
    first = dt.datetime.fromisoformat("2023-01-03T00:00:00-05:00")
    last = dt.datetime.fromisoformat("2026-12-31T15:59:59-05:00")
    ny = clock_of("ORCL")
    assert react(first, None, None, ny).main == dt.date(2023, 1, 3)
    assert react(last, None, None, ny).main == dt.date(2026, 12, 31)
    assert react(dt.date(2026, 12, 31), "pre", None, ny).main == dt.date(2026, 12, 31)


def test_time_without_zone_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        react(dt.datetime(2025, 9, 9, 16, 5), None, None, clock_of("ORCL"))
    assert str(caught.value) == (
        "announced: `2025-09-09 16:05:00` has no zone (add the UTC offset)"
    )


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
