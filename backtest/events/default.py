"""Which calendar is meant when none is named."""

from __future__ import annotations

from pathlib import Path

WRITABLE = Path("events")
"""Where new announcements go: the calendar of the working directory."""


def default_calendar() -> Path:
    """Return `events/` of the working directory if it is there, else the shipped calendar.

    A checkout that was not built into a package has the shipped one at its root.
    """
    package = Path(__file__).parents[1]
    places = (WRITABLE, package / "calendar", package.parent / "events")
    return next((place for place in places if place.is_dir()), WRITABLE)
