"""A bare date told in one exchange's day, and the session of another that reacts to it."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pytest

from backtest.events.abroad import react_abroad
from backtest.events.exchanges import exchange_of
from backtest.events.sessions import Reaction, SessionClock, clock


@cache
def _clock(mic: str) -> SessionClock:
    return clock(exchange_of("", mic), start=dt.date(2025, 1, 2), end=dt.date(2026, 12, 30))


def _react(day: str, session: str | None, home: str, abroad: str, **more: str) -> Reaction:
    date = dt.date.fromisoformat(day)
    probable = more.get("probable")
    return react_abroad(date, session, probable, _clock(home), _clock(abroad))  # type: ignore[arg-type]


# New York trades 09:30–16:00, that is 22:30–05:00 in Tokyo, whose day is over by then, and
# 14:30–21:00 in London, which closes at 16:30. Hours by hand from the two calendars.
CASES = [
    # day, session, where it is told, where it reacts, first session there
    ("2025-10-28", "pre", "XNYS", "XTKS", "2025-10-29"),
    ("2025-10-28", "pre", "XNYS", "XLON", "2025-10-28"),
    ("2025-10-28", "intraday", "XNYS", "XLON", "2025-10-29"),
    ("2025-10-28", "post", "XNYS", "XTKS", "2025-10-29"),
    ("2026-04-27", "post", "XNYS", "XTKS", "2026-04-28"),
    # Tuesday 23 September 2025 was a holiday in Tokyo.
    ("2025-09-22", "intraday", "XNYS", "XTKS", "2025-09-24"),
    # Seoul closes at 15:30, hours before New York opens on the same date.
    ("2025-10-01", "post", "XKRX", "XNYS", "2025-10-01"),
    ("2025-10-01", "intraday", "XKRX", "XNYS", "2025-10-01"),
    # Friday after the close in New York: the weekend passes everywhere.
    ("2025-10-24", "post", "XNYS", "XLON", "2025-10-27"),
    # A Sunday has no session at home: noon stands for it.
    ("2026-02-01", "post", "XNYS", "XTKS", "2026-02-02"),
]


@pytest.mark.parametrize(("day", "session", "home", "abroad", "expected"), CASES)
def test_a_known_part_of_the_day(
    day: str, session: str, home: str, abroad: str, expected: str
) -> None:
    reaction = _react(day, session, home, abroad)
    assert reaction.main == dt.date.fromisoformat(expected)
    assert reaction.alternative is None


def test_at_home_nothing_is_translated() -> None:
    reaction = _react("2025-10-28", "pre", "XNYS", "XNYS")
    assert reaction.main == dt.date(2025, 10, 28)
    assert reaction.sentence == (
        "announced Tue 28 Oct 2025, before the open → reacts Tue 28 Oct 2025"
    )


def test_a_timestamp_needs_no_home() -> None:
    moment = dt.datetime(2026, 4, 28, 3, 0, tzinfo=dt.UTC)  # noon in Tokyo
    reaction = react_abroad(moment, None, None, _clock("XNYS"), _clock("XTKS"))
    assert reaction.main == dt.date(2026, 4, 28)


@pytest.mark.parametrize("probable", [None, "pre", "intraday", "post"])
def test_an_unknown_hour_has_the_sessions_of_both_ends_of_the_day(probable: str | None) -> None:
    # Midnight in New York is 14:00 in Tokyo on the same date, before its close.
    more = {"probable": probable} if probable else {}
    reaction = _react("2025-11-05", "unknown", "XNYS", "XTKS", **more)
    assert {reaction.main, reaction.alternative} == {dt.date(2025, 11, 5), dt.date(2025, 11, 6)}
    # Whatever part of New York's day it was, Tokyo had closed by its end.
    assert reaction.main == dt.date(2025, 11, 6)
    assert reaction.sentence.endswith(
        "hour unknown → reacts Thu 6 Nov 2025, also studied at Wed 5 Nov 2025"
    )


def test_the_sentence_says_in_whose_day_it_is_told() -> None:
    sentence = _react("2025-10-28", "pre", "XNYS", "XTKS").sentence
    assert sentence == "announced Tue 28 Oct 2025 ET, before the open → reacts Wed 29 Oct 2025"
