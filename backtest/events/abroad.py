"""Which session of another exchange reacts to a bare date.

The `session` of a bare date is told in the day of the announcement's own exchange: that of its
first listed party. Elsewhere the same words would name another hour ("before the open" in New York
is after the close in Tokyo), so they are turned into an instant first. A timestamp needs none of
this.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from backtest.events.sessions import Reaction, SessionClock, day_name, react

if TYPE_CHECKING:
    import numpy as np

    from backtest.events.schema import Session

_JUST_BEFORE = 60  # seconds
_WORDS = {"pre": "before the open", "intraday": "during the session", "post": "after the close"}


def react_abroad(
    announced: dt.date | dt.datetime,
    session: Session | None,
    probable_session: Session | None,
    home: SessionClock,
    clock: SessionClock,
) -> Reaction:
    """Return the session of `clock` that reacts to an announcement made in the day of `home`.

    A known part of the day stands for its last minute (after the close: for the close itself),
    when news before the open or during the session is usually out everywhere. For an unknown hour
    the candidates are the sessions that the first and the last moment of the day lead to.

    Raises:
        DataUnavailable: a candidate lies outside a calendar.
    """
    if isinstance(announced, dt.datetime) or clock.exchange.mic == home.exchange.mic:
        return react(announced, session, probable_session, clock)
    unknown = session in (None, "unknown")
    part = (probable_session or "intraday") if unknown else session
    main = _reacting(clock, _instant(announced, part or "intraday", home))
    said = f"announced {day_name(announced)} {home.exchange.label}"
    if not unknown:
        return Reaction(main, None, f"{said}, {_WORDS[part or '']} → reacts {day_name(main)}")
    first = dt.datetime.combine(announced, dt.time(), home.exchange.tz)
    last = dt.datetime.combine(announced, dt.time.max, home.exchange.tz)
    candidates = {_reacting(clock, _utc(first)), _reacting(clock, _utc(last))} - {main}
    other = min(candidates, default=None)
    also = f", also studied at {day_name(other)}" if other else ""
    return Reaction(main, other, f"{said}, hour unknown → reacts {day_name(main)}{also}")


def _instant(date: dt.date, part: str, home: SessionClock) -> np.datetime64:
    """Return the moment that stands for a part of the day; noon where the date has no session."""
    import numpy as np

    days = np.array([date], dtype="datetime64[D]")
    if not home.is_session(days)[0]:
        return _utc(dt.datetime.combine(date, dt.time(12), home.exchange.tz))
    position = int(home.on_or_after(days)[0])
    if part == "pre":
        return np.datetime64(home.opens[position] - np.timedelta64(_JUST_BEFORE, "s"))
    if part == "intraday":
        return np.datetime64(home.closes[position] - np.timedelta64(_JUST_BEFORE, "s"))
    return np.datetime64(home.closes[position])


def _reacting(clock: SessionClock, instant: np.datetime64) -> dt.date:
    import numpy as np

    return clock.date_at(int(clock.reacting(np.array([instant]))[0]))


def _utc(moment: dt.datetime) -> np.datetime64:
    import numpy as np

    return np.datetime64(moment.astimezone(dt.UTC).replace(tzinfo=None), "us")
