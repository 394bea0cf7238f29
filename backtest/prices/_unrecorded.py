"""Tables of the price store that no record names: their record was lost, not written late.

A writer puts tables first and the record last, and leaves a note while it writes. What lies there
without a record and is no younger than such a note is of that writer, dead or alive; who died
before there was a record has taken nothing away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from backtest.prices._lock import held_since

_TABLE = re.compile(r"(?P<stem>[^.].*)\.(?:bars|actions|shares)\.\w+\.parquet")


def lost_records(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return by the file name of each record that was lost what is left of it.

    Args:
        folder: the price store.
        names: of everything in it.
    """
    there = set(names)
    lone: dict[str, list[str]] = {}
    for name in sorted(there):
        found = _TABLE.fullmatch(name)
        if found and f"{found['stem']}.json" not in there:
            lone.setdefault(f"{found['stem']}.json", []).append(name)
    if not lone:
        return {}
    since = held_since(folder)
    return {
        record: f"{record} is missing, though its tables are there ({', '.join(tables)})"
        for record, tables in lone.items()
        if not (folder / record).exists() and not _of_a_writer(folder, tables, since)
    }


def _of_a_writer(folder: Path, tables: list[str], since: float | None) -> bool:
    """Whether a table was written by who noted that it writes."""
    if since is None:
        return False
    for name in tables:
        with suppress(OSError):
            if (folder / name).stat().st_mtime >= since:
                return True
    return False
