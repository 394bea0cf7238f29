"""The attributes of a study's events, read from the files that it read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.inputs import BULK, Clocks

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is known of the events, read when it is asked for.

    Attributes:
        known: the names there are.
        frame: returns `event_id, ticker` and a column for each of some names
            (`events.attributes.attribute_frame`).
    """

    known: tuple[str, ...]
    frame: Callable[[Collection[str]], pl.DataFrame]


def read_attributes(
    path: Path | None, *, selection: Sequence[str] = (), cache_dir: Path | None = None
) -> Attributes:
    """Read the attributes of a YAML file, a folder of them, or a bulk table.

    Args:
        path: the events; None for the calendar that a study takes by default.
        selection: which announcements.
        cache_dir: the cache folder, None to keep nothing.

    Raises:
        BadInput: nothing is there, or it cannot be read as events.
        BadUsage: a selection that matches nothing.
    """
    from backtest.events import attributes
    from backtest.events.default import default_calendar

    path = path or default_calendar()
    if path.suffix.lower() in BULK:
        from backtest.events.bulk import read_bulk

        rows = read_bulk(path, Clocks(cache_dir)).frame
        return Attributes(
            attributes.bulk_known(rows), lambda names: attributes.bulk_attributes(rows, names)
        )
    from backtest.events.load import load_announcements
    from backtest.events.loaded import announcements
    from backtest.events.select import select

    chosen = announcements(select(load_announcements(path, cache_dir=cache_dir), selection))
    return Attributes(
        attributes.known_attributes(chosen),
        lambda names: attributes.attribute_frame(chosen, names),
    )
