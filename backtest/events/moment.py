"""When something was announced: an instant with its zone, or a bare date."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Day = TypeVar("Day", dt.date, dt.datetime)

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_NAMED_ZONE = re.compile(
    r"^(?P<local>[^\[\s]+(?:\s[\d:.]+)?)\s*\[?(?P<zone>[A-Z][A-Za-z_]+/[\w/+-]+|UTC)\]?$"
)


def parse_moment(value: object) -> dt.date | dt.datetime:
    """Read an ISO date, or an ISO time with an offset (`-04:00`) or zone (`[America/New_York]`).

    Raises:
        ValueError: with a sentence that says what was expected.
    """
    if isinstance(value, dt.datetime):
        return _aware(value, str(value))
    if isinstance(value, dt.date):
        return value
    text = str(value).strip()
    if _DATE.match(text):
        return _iso(dt.date.fromisoformat, text)
    named = _NAMED_ZONE.match(text)
    if named:
        return _in_zone(_iso(dt.datetime.fromisoformat, named["local"]), named["zone"])
    return _aware(_iso(dt.datetime.fromisoformat, text), text)


def _iso(read: Callable[[str], Day], text: str) -> Day:
    """Read the extended form only: `20251006` and `2025-W41-1` are more often slips than dates."""
    try:
        if _DATE.match(text[:10]):
            return read(text)
    except ValueError:
        pass
    raise ValueError(
        f"`{text}` is not a date or time; write 2025-10-06 or 2025-10-06T07:00:00-04:00"
    )


def _aware(moment: dt.datetime, text: str) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError(
            f"`{text}` has no zone; add the UTC offset (2025-10-06T07:00:00-04:00) or the zone "
            "(2025-10-06T07:00[America/New_York])"
        )
    return moment


def _in_zone(local: dt.datetime, name: str) -> dt.datetime:
    """Put a wall-clock time into a zone; hours that a clock change skips or repeats are refused."""
    if local.tzinfo is not None:
        raise ValueError(f"give either an offset or the zone {name}, not both")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"unknown zone `{name}`; use an IANA name such as Europe/London") from None
    moment = local.replace(tzinfo=zone)
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        raise ValueError(
            f"{local} is skipped or repeated by the clock change in {name}; give the UTC offset"
        )
    return moment
