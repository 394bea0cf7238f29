"""The event table of a large calendar, kept so that one changed announcement costs one.

Finding the reaction session of ten thousand announcements takes longer than anything else in a
study that is otherwise cached. The table is kept in one file with a checksum, and rows are taken
from it by the hash of the announcement they were made from.
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.events.loaded import LoadedAnnouncement, announcements
from backtest.events.parsed_cache import code_fingerprint
from backtest.events.reactions import Clocks
from backtest.events.table import EventTable
from backtest.events.tabulate import tabulate

if TYPE_CHECKING:
    import polars as pl

WORTHWHILE = 200
"""Announcements from which on keeping the table saves time."""

_FRAMES = tuple(field.name for field in fields(EventTable) if field.name != "notes")
_CODE = ("abroad", "exchanges", "reactions", "sessions", "table", "tabulate", "schema", "moment")
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
        return tabulate(announcements(loaded), clocks)
    path = folder / f"{name}.table"
    index, kept = _index(loaded), _read(path)
    if kept is None:
        table = tabulate(announcements(loaded), clocks)
        _write(path, index, table)
        return table
    same = index.join(kept["index"], on=["event_id", "digest"], how="semi")["event_id"]
    unchanged = frozenset(same.to_list())
    fresh = [item for item in loaded if item.id not in unchanged]
    made = tabulate(announcements(fresh), clocks)
    table = EventTable.of(
        observations=_joined(kept["observations"], made.observations, same, index),
        memberships=_joined(kept["memberships"], made.memberships, same, index),
        statements=_joined(kept["statements"], made.statements, same, index),
        headlines=_joined(kept["headlines"], made.headlines, same, index),
        excluded=_joined(kept["excluded"], made.excluded, same, index),
    )
    if fresh or len(kept["index"]) != len(index):
        _write(path, index, table)
    return table


def _index(loaded: Sequence[LoadedAnnouncement]) -> pl.DataFrame:
    """Return the id and content hash of each announcement, in their order."""
    import polars as pl

    digests = [hashlib.blake2b(item.text, digest_size=16).hexdigest() for item in loaded]
    return pl.DataFrame({"event_id": [item.id for item in loaded], "digest": digests})


def _joined(
    kept: pl.DataFrame, made: pl.DataFrame, same: pl.Series, index: pl.DataFrame
) -> pl.DataFrame:
    """Put kept and new rows together in the order of the calendar."""
    import polars as pl

    order = index.select("event_id").with_row_index("_order")
    rows = pl.concat([kept.filter(pl.col("event_id").is_in(same.implode())), made])
    ordered = rows.join(order, on="event_id", maintain_order="left")
    return ordered.sort("_order", maintain_order=True).drop("_order")


def _read(path: Path) -> dict[str, pl.DataFrame] | None:
    """Return `index` and the frames; None where there are none, damaged ones or other code's."""
    import polars as pl

    try:
        head, _, rest = path.read_bytes().partition(b"\n")
        facts = json.loads(head)
        if facts["code"] != _stamp() or facts["crc"] != zlib.crc32(rest):
            return None
        frames, start = {}, 0
        for name, size in facts["sizes"].items():
            frames[name] = pl.read_ipc(io.BytesIO(rest[start : start + size]))
            start += size
    except (OSError, ValueError, KeyError):
        return None
    return frames


def _write(path: Path, index: pl.DataFrame, table: EventTable) -> None:
    """Replace the kept table at once; nothing where the folder cannot be written."""
    blobs = {}
    for name, frame in {"index": index, **{one: getattr(table, one) for one in _FRAMES}}.items():
        buffer = io.BytesIO()
        frame.write_ipc(buffer)
        blobs[name] = buffer.getvalue()
    rest = b"".join(blobs.values())
    sizes = {name: len(blob) for name, blob in blobs.items()}
    facts = {"code": _stamp(), "crc": zlib.crc32(rest), "sizes": sizes}
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(json.dumps(facts).encode() + b"\n" + rest)
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
