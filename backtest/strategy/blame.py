"""Where the fault of a rule is: in a file, or in an option that stands for what the file says."""

from __future__ import annotations

from backtest.errors import Location, Problem

Place = Location | str | None
"""A place in a file, or an option such as `--where`."""


def blamed(code: str, said: str, place: Place, field: str, hint: str | None = None) -> Problem:
    """Return the problem of a field; of an option it is told by that option's name."""
    if isinstance(place, str):
        return Problem(code, said, None, place, hint)
    return Problem(code, said, place, field, hint)
