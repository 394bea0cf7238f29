"""Which session reacts to a moment: literal cases and their sentences."""

from __future__ import annotations

import datetime as dt

import pytest
from support.clocks import clock_of

from backtest.errors import BadInput
from backtest.events.sessions import react


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


def test_time_without_zone_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        react(dt.datetime(2025, 9, 9, 16, 5), None, None, clock_of("ORCL"))
    assert str(caught.value) == (
        "announced: `2025-09-09 16:05:00` has no zone (add the UTC offset)"
    )
