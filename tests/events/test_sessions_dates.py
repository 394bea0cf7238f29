"""Which sessions react to a bare date, and where the calendar ends."""

from __future__ import annotations

import datetime as dt

import pytest
from support.clocks import clock_of

from backtest.errors import DataUnavailable
from backtest.events.sessions import day_name, react


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
