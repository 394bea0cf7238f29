"""The event table of a large calendar, kept so that one changed announcement costs one.

Finding the reaction session of ten thousand announcements takes longer than anything else in a
study that is otherwise cached. The table is kept in one file with a checksum, and rows are taken
from it by the hash of the announcement they were made from.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backtest.checksum import checksum
from backtest.events.loaded import LoadedAnnouncement, announcements
from backtest.events.parsed_cache import code_fingerprint, worth_rewriting
from backtest.events.reactions import Clocks
from backtest.events.table import EventTable
from backtest.events.tabulate import tabulate
from backtest.leftovers import sweep
from backtest.splice import Part, spliced
from backtest.stages import count

if TYPE_CHECKING:
    import polars as pl

    from backtest.engine.arrays import Ints

WORTHWHILE = 200
"""Announcements from which on keeping the table saves time."""

_FRAMES = tuple(field.name for field in fields(EventTable) if field.name != "notes")
_NUMBER = "_announcement"
_STORED = "_stored"
_CODE = (
    "abroad",
    "exchanges",
    "kept_table",
    "reactions",
    "sessions",
    "table",
    "tabulate",
    "schema",
    "moment",
)
"""Modules that decide what the table says; editing them empties it."""


def tabulate_kept(
    loaded: Sequence[LoadedAnnouncement], clocks: Clocks, folder: Path | None, name: str
) -> EventTable:
    """Tabulate a calendar by tag and role, taking unchanged announcements from the kept table.

    Args:
        loaded: the calendar.
        clocks: session clock by exchange.
        folder: where the table is kept, None for nowhere.
        name: what the calendar is called there.
    """
    if folder is None or len(loaded) < WORTHWHILE:
        count("align", len(loaded))
        return tabulate(announcements(loaded), clocks)
    path = folder / f"{name}.table"
    index, kept = _index(loaded), _read(path)
    if kept is None:
        count("align", len(loaded))
        table = tabulate(announcements(loaded), clocks)
        _write(path, index, _numbered(table, index))
        return table
    known = kept.pop("index")
    numbers, fresh = _matched(index, known)
    count("align", len(loaded), len(loaded) - len(fresh))
    parts = [Part(kept, np.arange(len(known)), numbers)]
    if len(fresh):
        made = tabulate(announcements([loaded[at] for at in fresh.tolist()]), clocks)
        parts.append(Part(_numbered(made, index), fresh, fresh))
    frames = spliced(parts, _FRAMES, _NUMBER)
    if worth_rewriting(len(fresh) + (numbers < 0).sum(), len(index)):
        _write(path, index, frames)
    own = {name: frame.drop(_NUMBER) for name, frame in frames.items()}
    return EventTable.of(
        observations=own["observations"],
        memberships=own["memberships"],
        statements=own["statements"],
        headlines=own["headlines"],
        excluded=own["excluded"],
    )


def _matched(index: pl.DataFrame, known: pl.DataFrame) -> tuple[Ints, Ints]:
    """Return the new number of each announcement known (−1: gone), and the numbers of new ones."""
    both = index.with_row_index(_NUMBER).join(
        known.with_row_index(_STORED), on=["event_id", "digest"]
    )
    numbers = np.full(len(known), -1)
    numbers[both[_STORED].to_numpy()] = both[_NUMBER].to_numpy()
    return numbers, np.setdiff1d(np.arange(len(index)), numbers)


def _index(loaded: Sequence[LoadedAnnouncement]) -> pl.DataFrame:
    """Return the id and content hash of each announcement, in their order."""
    import polars as pl

    return pl.DataFrame(
        {"event_id": [item.id for item in loaded], "digest": [item.digest for item in loaded]}
    )


def _numbered(table: EventTable, index: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the frames with the number of each row's announcement, in that order."""
    order = index.select("event_id").with_row_index(_NUMBER)
    return {
        name: getattr(table, name)
        .join(order, on="event_id", maintain_order="left")
        .sort(_NUMBER, maintain_order=True)
        for name in _FRAMES
    }


def _read(path: Path) -> dict[str, pl.DataFrame] | None:
    """Return `index` and the frames; None where there are none, damaged ones or other code's."""
    import polars as pl

    try:
        crc, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if crc != checksum(content).encode():
        return None
    head, _, rest = content.partition(b"\n")
    facts = json.loads(head)
    if facts["code"] != _stamp():
        return None
    frames, start = {}, 0
    for name, size in facts["sizes"].items():
        frames[name] = pl.read_ipc(io.BytesIO(rest[start : start + size]))
        start += size
    return frames


def _write(path: Path, index: pl.DataFrame, frames: Mapping[str, pl.DataFrame]) -> None:
    """Replace the kept table at once; nothing where the folder cannot be written."""
    blobs = {}
    for name, frame in {"index": index, **frames}.items():
        buffer = io.BytesIO()
        frame.write_ipc(buffer)
        blobs[name] = buffer.getvalue()
    rest = b"".join(blobs.values())
    sizes = {name: len(blob) for name, blob in blobs.items()}
    facts = {"code": _stamp(), "sizes": sizes}
    content = json.dumps(facts).encode() + b"\n" + rest
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent, "*.part")
        try:
            part.write_bytes(checksum(content).encode() + b"\n" + content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@cache
def _stamp() -> str:
    """Name the code and the session calendars that a table depends on."""
    import datetime as dt
    from importlib.metadata import version

    # Session tables reach to the end of next year, so an event may gain its session by waiting.
    year = dt.datetime.now(dt.UTC).year
    return f"{code_fingerprint(_CODE)}-{version('exchange_calendars')}-{year}"
