"""Which session reacts to an announcement: the event day τ = 0 (METHODS §1).

An instant reacts in the first session whose close is after it, so an announcement at the very
moment of the close belongs to the next session. Early closes and holidays come from the
exchange's own calendar. A bare date says by `session` where in the day it falls; where that is
unknown, both that date's session and the next one are candidates.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from backtest.errors import BadInput, DataUnavailable
from backtest.events.exchanges import Exchange
from backtest.events.session_table import session_table

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from backtest.events.schema import Session

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PHASES = {"pre": "before the open", "intraday": "during the session", "post": "after the close"}
_NO_SESSION = "no session that day"


@dataclass(frozen=True, slots=True, eq=False)
class SessionClock:
    """The sessions of one exchange in order; arrays as in `SessionTable`.

    Methods answer with positions in `dates`: −1 before the first session known, `len(clock)`
    after the last one; `reason` puts these two into words.
    """

    exchange: Exchange
    dates: NDArray[np.datetime64]
    opens: NDArray[np.datetime64]
    closes: NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.dates)

    def reacting(self, instants: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Return the first session that closes after each instant (UTC, any unit; NaT is early)."""
        import numpy as np

        # in microseconds every year of a date fits; in nanoseconds the year 2263 wraps around
        moments = instants.astype("datetime64[us]").astype(np.int64)
        closes = self.closes.astype("datetime64[us]").astype(np.int64)
        found = np.searchsorted(closes, moments, side="right")
        return np.where(moments < self._begins().astype(np.int64), -1, found)

    def on_or_after(self, dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Return the session of each date, or the next one where the date is none."""
        import numpy as np

        days = dates.astype("datetime64[D]").astype(np.int64)
        known = self.dates.astype(np.int64)  # numpy searches whole numbers three times as fast
        return np.where(days < known[0], -1, np.searchsorted(known, days))

    def after(self, dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Return the first session after each date."""
        own = self.on_or_after(dates)
        return own + self._falls_on(dates, own)

    def is_session(self, dates: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """Tell which dates are sessions."""
        return self._falls_on(dates, self.on_or_after(dates))

    def candidates(
        self, dates: NDArray[np.datetime64], late: NDArray[np.bool_], unknown: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return main and alternative session of bare dates; equal where there is one candidate.

        `late` marks what is (or, where `unknown`, probably is) after the close.
        """
        import numpy as np

        own = self.on_or_after(dates)
        following = own + self._falls_on(dates, own)
        main = np.where(late, following, own)
        return main, np.where(unknown, np.where(late, own, following), main)

    def known(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which positions are sessions of the calendar."""
        import numpy as np

        return np.logical_and(positions >= 0, positions < len(self))

    def reason(self, position: int) -> str:
        """Say why there is no session at `position` (−1 or `len(clock)`)."""
        mic = self.exchange.mic
        if position < 0:
            return f"before {self.dates[0]}, the first session known of {mic}"
        return f"after {self.dates[-1]}, the last session known of {mic}"

    def date_at(self, position: int) -> dt.date:
        """Return the date of a session.

        Raises:
            DataUnavailable: the position is outside the calendar.
        """
        if not 0 <= position < len(self):
            raise DataUnavailable.because("outside-calendar", f"announced {self.reason(position)}")
        return cast(dt.date, self.dates[position].item())

    def _falls_on(
        self, dates: NDArray[np.datetime64], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Tell which dates are the session at their position, which may be outside."""
        import numpy as np

        same: NDArray[np.bool_] = self.dates[np.clip(positions, 0, len(self) - 1)] == dates
        return same

    def _begins(self) -> np.datetime64:
        """Midnight at the exchange on the first day known."""
        first = cast(dt.date, self.dates[0].item())
        return _utc(dt.datetime.combine(first, dt.time(), self.exchange.tz))


@dataclass(frozen=True, slots=True)
class Reaction:
    """The session that reacts, the other candidate where the hour is unknown, and both in words."""

    main: dt.date
    alternative: dt.date | None
    sentence: str


def clock(
    exchange: Exchange,
    *,
    start: dt.date | None = None,
    end: dt.date | None = None,
    today: dt.date | None = None,
    cache_dir: Path | None = None,
) -> SessionClock:
    """Return the clock of `exchange`; ranges and `cache_dir` as in `session_table`.

    Raises:
        DataUnavailable: no sessions are known.
    """
    table = session_table(exchange.mic, start=start, end=end, today=today, cache_dir=cache_dir)
    return SessionClock(exchange, table.dates, table.opens, table.closes)


def react(
    announced: dt.date | dt.datetime,
    session: Session | None,
    probable_session: Session | None,
    clock: SessionClock,
) -> Reaction:
    """Return the session that reacts to an announcement.

    `session` and `probable_session` speak about a bare date only; None is an unknown hour, whose
    main candidate is the date's own session unless it was probably after the close.

    Raises:
        BadInput: a time without a zone.
        DataUnavailable: a candidate lies outside the calendar.
    """
    if isinstance(announced, dt.datetime):
        return _react_to_instant(announced, clock)
    return _react_to_date(announced, session or "unknown", probable_session, clock)


def _react_to_instant(announced: dt.datetime, clock: SessionClock) -> Reaction:
    import numpy as np

    if announced.tzinfo is None:
        raise BadInput.because(
            "no-zone", f"`{announced}` has no zone", field="announced", hint="add the UTC offset"
        )
    instant = _utc(announced)
    main = clock.date_at(int(clock.reacting(np.array([instant]))[0]))
    local = announced.astimezone(clock.exchange.tz)
    when = f"{day_name(local.date())} {local:%H:%M} {clock.exchange.label}"
    phase = _phase(instant, local.date(), clock)
    return Reaction(main, None, f"announced {when}, {phase} → reacts {day_name(main)}")


def _react_to_date(
    date: dt.date, session: str, probable: str | None, clock: SessionClock
) -> Reaction:
    import numpy as np

    unknown = session == "unknown"
    late = (probable if unknown else session) == "post"
    days = np.array([date], dtype="datetime64[D]")
    found = clock.candidates(days, np.array([late]), np.array([unknown]))
    main, other = (clock.date_at(int(position[0])) for position in found)

    phase = _PHASES.get(session, "hour unknown")
    if not clock.is_session(days)[0]:
        phase = f"{phase}, {_NO_SESSION}" if unknown else _NO_SESSION
    elif unknown and probable in _PHASES:
        phase += f", probably {_PHASES[probable]}"
    also = f", also studied at {day_name(other)}" if other != main else ""
    sentence = f"announced {day_name(date)}, {phase} → reacts {day_name(main)}{also}"
    return Reaction(main, other if other != main else None, sentence)


def _phase(instant: np.datetime64, local_date: dt.date, clock: SessionClock) -> str:
    """Say where in the exchange's day an instant falls."""
    import numpy as np

    days = np.array([local_date], dtype="datetime64[D]")
    if not clock.is_session(days)[0]:
        return _NO_SESSION
    position = int(clock.on_or_after(days)[0])
    if instant < clock.opens[position]:
        return _PHASES["pre"]
    if instant < clock.closes[position]:
        return _PHASES["intraday"]
    early = _early_close(position, clock)
    return f"after the early close at {early:%H:%M}" if early else _PHASES["post"]


def _early_close(position: int, clock: SessionClock) -> dt.time | None:
    """Return the local closing time where it is earlier than the usual one before and after.

    Both sides are asked because hours also change for good (Tokyo closes at 15:30 since 2024).
    """
    own = _local_close(position, clock)
    before = range(max(0, position - 5), position)
    behind = range(position + 1, min(len(clock), position + 6))
    usual = [max((_local_close(i, clock) for i in side), default=own) for side in (before, behind)]
    return own if own < min(usual) else None


def _local_close(position: int, clock: SessionClock) -> dt.time:
    close = cast(dt.datetime, clock.closes[position].astype("datetime64[us]").item())
    return close.replace(tzinfo=dt.UTC).astimezone(clock.exchange.tz).time()


def _utc(moment: dt.datetime) -> np.datetime64:
    """Move a time with a zone to UTC; unlike `astimezone` also at the ends of time."""
    import numpy as np

    offset = moment.utcoffset() or dt.timedelta()
    return np.datetime64(moment.replace(tzinfo=None), "us") - np.timedelta64(offset, "us")


def day_name(date: dt.date) -> str:
    """Return `Tue 9 Sep 2025`, in English whatever the locale."""
    return f"{_WEEKDAYS[date.weekday()]} {date.day} {_MONTHS[date.month - 1]} {date.year}"
