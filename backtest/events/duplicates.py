"""Ids given twice in a calendar, by announcements that are broken otherwise, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from backtest.errors import Location, Problem
from backtest.events.loaded import LoadedAnnouncement
from backtest.events.places import Places


class BrokenAnnouncement(NamedTuple):
    """The id, as far as there is one, of an announcement that cannot be used, and its file."""

    id: str
    path: Path


def duplicates(
    loaded: Sequence[LoadedAnnouncement], broken: Sequence[BrokenAnnouncement]
) -> Iterator[Problem]:
    """Yield every announcement after the first of the same id, at the id's place."""
    counts = Counter(item.id for item in loaded)
    counts.update(item.id for item in broken if item.id)
    standing: dict[str, list[Location]] = {key: [] for key, n in counts.items() if n > 1}
    for item in loaded:
        if item.id in standing:
            standing[item.id].append(item.location)
    for lost in broken:
        if lost.id in standing:
            standing[lost.id].append(Location(lost.path))
    places = Places()
    for key, locations in standing.items():
        paths = sorted({place.path for place in locations}, key=str)
        exact = [place for path in paths for place in places.of_id(path, key)]
        # A file that was changed in between no longer says where.
        yield from _told(key, exact if len(exact) == len(locations) else locations)


def _told(key: str, places: Sequence[Location]) -> Iterator[Problem]:
    for place in places[1:]:
        yield Problem(
            "duplicate-id",
            f"`{key}` is also the id of the announcement at {places[0]}",
            place,
            "id",
            "ids are unique in a calendar",
        )
