"""Finding one's way in a printed report."""

from __future__ import annotations


def lines_of(text: str, first: str) -> list[str]:
    """Return the lines from the one that begins so to the next empty one."""
    lines = text.splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith(first))
    end = next((p for p in range(begin, len(lines)) if not lines[p]), len(lines))
    return lines[begin:end]
