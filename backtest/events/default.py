"""Which calendar is meant when none is named."""

from __future__ import annotations

from pathlib import Path

WRITABLE = Path("events")
"""Where new announcements go: the calendar of the working directory."""


def default_calendar() -> Path:
    """Return `events/` of the working directory if it is there, else the shipped calendar."""
    if WRITABLE.is_dir():
        return WRITABLE
    shipped = shipped_calendar()
    return shipped if shipped.is_dir() else WRITABLE


def shipped_calendar() -> Path:
    """Return the calendar of the package.

    A checkout that was not built into a package has it at its root.
    """
    package = Path(__file__).parents[1]
    built = package / "calendar"
    return built if built.is_dir() else package.parent / "events"
