"""Tables of events: the session found for every date, time and part of a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clocks import clocks
from support.event_tables import read_csv, read_parquet, sessions

from backtest.contracts import EXCLUDED
from backtest.events.moment import parse_moment
from backtest.events.sessions import react


def test_date_is_the_session_itself_or_the_next_one(tmp_path: Path) -> None:
    events = read_csv(
        tmp_path,
        "event_id,ticker,date,group,size\n"
        "a,ORCL,2025-09-10,cloud,1.5\n"
        "b,AMD,2025-10-05,,2\n"
        "c,AMD,2025-10-06T00:00:00,chips,\n",
    )
    assert events.frame.to_dicts() == [
        {
            "event_id": "a",
            "ticker": "ORCL",
            "session": dt.date(2025, 9, 10),
            "alternative": False,
            "group": "cloud",
            "size": 1.5,
        },
        {
            "event_id": "b",
            "ticker": "AMD",
            "session": dt.date(2025, 10, 6),
            "alternative": False,
            "group": None,
            "size": 2.0,
        },
        {
            "event_id": "c",
            "ticker": "AMD",
            "session": dt.date(2025, 10, 6),
            "alternative": False,
            "group": "chips",
            "size": None,
        },
    ]
    assert events.notes == ("dated on a day without a session, moved to the next one: 1 event",)
    assert events.excluded.equals(EXCLUDED.empty())


def test_announced_goes_through_the_clock_in_every_spelling(tmp_path: Path) -> None:
    events = read_csv(
        tmp_path,
        "event_id,ticker,announced\n"
        "offset,ORCL,2025-09-09T16:05:00-04:00\n"
        "compact,ORCL,2025-09-09 16:05-0400\n"
        "hours,ORCL,2025-09-09T16:05:00.123456789-04\n"
        "zulu,ORCL,2025-09-09T20:05Z\n"
        "utc,ORCL,2025-09-09 20:05 UTC\n"
        "zone,ORCL,2025-09-09T16:05[America/New_York]\n"
        "far,ORCL,2025-09-10T05:05 Asia/Tokyo\n"
        "half,ORCL,2025-09-10T01:35+05:30\n"
        "local,ORCL,2025-09-09T16:05\n"
        "before,ORCL,2025-09-09 15:59:59\n",
    )
    found = {event: day for event, _, day, _ in sessions(events)}
    assert found.pop("before") == "2025-09-09"
    assert set(found.values()) == {"2025-09-10"}
    assert len(found) == 9
    assert events.notes == ("times without a zone, read as the exchange's own (ET): 2 events",)


def test_local_times_are_those_of_each_exchange(tmp_path: Path) -> None:
    events = read_csv(
        tmp_path,
        "event_id,ticker,announced\n"
        "ny,ORCL,2025-09-09 15:45\n"
        "tokyo,9984.T,2025-09-09 15:45\n"
        "london,ARM.L,2025-09-09 16:30\n"
        "hongkong,0700.HK,2025-09-09 15:59\n"
        "exact,7203.T,2025-09-09T06:29:59Z\n",
    )
    assert [(event, day) for event, _, day, _ in sessions(events)] == [
        ("ny", "2025-09-09"),
        ("tokyo", "2025-09-10"),
        ("london", "2025-09-10"),
        ("hongkong", "2025-09-09"),
        ("exact", "2025-09-09"),
    ]
    assert events.notes == (
        "times without a zone, read as the exchange's own (ET, HKT, JST, London time): 4 events",
    )


def test_bare_dates_use_the_session_column(tmp_path: Path) -> None:
    events = read_csv(
        tmp_path,
        "event_id,ticker,announced,session,weight\n"
        "pre,A,2025-09-09,pre,1\n"
        "day,A,2025-09-09,Intraday,2\n"
        "post,A,2025-09-09,post,3\n"
        "unknown,A,2025-09-09,unknown,4\n"
        "blank,A,2025-09-09,,5\n"
        "sunday,A,2025-10-05,,6\n"
        "hour,A,2025-09-09T16:05-04:00,pre,7\n",
    )
    assert sessions(events) == [
        ("pre", "A", "2025-09-09", False),
        ("day", "A", "2025-09-09", False),
        ("post", "A", "2025-09-10", False),
        ("unknown", "A", "2025-09-09", False),
        ("unknown", "A", "2025-09-10", True),
        ("blank", "A", "2025-09-09", False),
        ("blank", "A", "2025-09-10", True),
        ("sunday", "A", "2025-10-06", False),
        ("hour", "A", "2025-09-10", False),
    ]
    assert events.frame["weight"].to_list() == [1, 2, 3, 4, 4, 5, 5, 6, 7]
    assert events.notes == (
        "`session` does not count where `announced` has an hour: 1 event",
        "hour unknown, studied at both candidate sessions: 2 events",
    )


def test_bare_dates_without_a_session_column_have_two_candidates(tmp_path: Path) -> None:
    events = read_parquet(tmp_path, event_id=["a"], ticker=["A"], announced=[dt.date(2025, 9, 12)])
    assert sessions(events) == [("a", "A", "2025-09-12", False), ("a", "A", "2025-09-15", True)]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_typed_times(tmp_path: Path, unit: str) -> None:
    wall = pl.Series([dt.datetime(2025, 9, 9, 16, 5)]).dt.cast_time_unit(unit)
    local = read_parquet(tmp_path, event_id=["a"], ticker=["A"], announced=wall)
    assert sessions(local) == [("a", "A", "2025-09-10", False)]
    assert local.notes == ("times without a zone, read as the exchange's own (ET): 1 event",)
    in_utc = wall.dt.replace_time_zone("UTC")
    assert sessions(read_parquet(tmp_path, event_id=["a"], ticker=["A"], announced=in_utc)) == [
        ("a", "A", "2025-09-09", False)
    ]
    tokyo = wall.dt.replace_time_zone("Asia/Tokyo")
    assert sessions(read_parquet(tmp_path, event_id=["a"], ticker=["A.T"], announced=tokyo)) == [
        ("a", "A.T", "2025-09-10", False)
    ]


def test_dates_written_as_midnights_have_no_hour(tmp_path: Path) -> None:
    midnight = dt.datetime(2025, 9, 9)
    events = read_parquet(tmp_path, event_id=["a"], ticker=["A"], announced=[midnight])
    assert [row[2:] for row in sessions(events)] == [("2025-09-09", False), ("2025-09-10", True)]
    assert events.notes[0] == "`announced` holds no hours: read as dates"


def test_session_column_beside_date_is_left_out(tmp_path: Path) -> None:
    events = read_csv(tmp_path, "event_id,ticker,date,session\na,A,2025-09-09,post\n")
    assert sessions(events) == [("a", "A", "2025-09-09", False)]
    assert events.notes == ("`session` says nothing beside `date` and is left out",)


_spellings = st.one_of(
    st.dates(dt.date(2023, 2, 1), dt.date(2026, 11, 30)).map(str),
    st.builds(
        lambda wall, sign, hours, minutes: f"{wall.isoformat()}{sign}{hours:02}:{minutes:02}",
        st.datetimes(dt.datetime(2023, 2, 1), dt.datetime(2026, 11, 30)),
        st.sampled_from("+-"),
        st.integers(0, 14),
        st.sampled_from([0, 30, 45]),
    ),
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    rows=st.lists(
        st.tuples(
            _spellings,
            st.sampled_from(["A", "B.T", "C.HK", "D.L", "BF-B"]),
            st.sampled_from(["", "pre", "intraday", "post", "unknown"]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_table_agrees_with_one_by_one(
    rows: list[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    from backtest.events.exchanges import exchange_of

    lines = [f"{i},{ticker},{when},{session}" for i, (when, ticker, session) in enumerate(rows)]
    text = "\n".join(["event_id,ticker,announced,session", *lines]) + "\n"
    found = sessions(read_csv(tmp_path_factory.mktemp("bulk"), text))

    expected = []
    for i, (when, ticker, session) in enumerate(rows):
        reaction = react(parse_moment(when), session or None, None, clocks(exchange_of(ticker)))
        expected.append((str(i), ticker, str(reaction.main), False))
        if reaction.alternative:
            expected.append((str(i), ticker, str(reaction.alternative), True))
    assert found == expected
