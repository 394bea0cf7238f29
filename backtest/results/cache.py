"""The content-addressed results cache: Parquet, atomic, checksummed (DESIGN: the results cache).

Layout below the folder:

    segments/<key>/   keys.parquet and the event-level tables of the observations one run computed
    studies/<key>/    the sample-level tables of one whole study and the segments it stands on
    shown/<study>     which results a study showed last (`results.shown`)

An entry that does not match its manifest is removed and said; what it held is computed again.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.results.entry import (
    MANIFEST,
    UNFINISHED,
    Damaged,
    Outdated,
    check_entry,
    read_entry,
    read_manifest,
    read_table,
    take_away,
    write_entry,
)
from backtest.results.event_frames import OBS
from backtest.splice import Part
from backtest.stages import count, stage

if TYPE_CHECKING:
    import polars as pl

SEGMENTS = "segments"
STUDIES = "studies"
SHOWN = "shown"
STORED = "_stored"


@dataclass(slots=True)
class ResultsCache:
    """Entries below `folder`; None keeps nothing. `notes` collects what the user should know."""

    folder: Path | None
    notes: list[str] = field(default_factory=list)

    def read(
        self,
        kind: str,
        key: str,
        names: Collection[str] | None = None,
        later: Collection[str] = (),
    ) -> tuple[dict[str, pl.DataFrame], dict[str, Any]] | None:
        """Return an entry's tables (all or those named) and facts; None where there is none.

        A damaged one is removed and noted, and there is none; `later` is what `read_table` will
        check.
        """
        if self.folder is None:
            return None
        entry = self.folder / kind / key
        try:
            return read_entry(entry, names, later)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (Damaged, OSError) as error:
            self._discard(entry, error)
            return None

    @stage("write")
    def write(
        self,
        kind: str,
        key: str,
        tables: Mapping[str, pl.DataFrame],
        facts: Mapping[str, Any],
        groups: Mapping[str, int] | None = None,
    ) -> None:
        """Keep an entry as `write_entry` does; a folder that cannot be written is a note only."""
        if self.folder is None:
            return
        from polars.exceptions import PolarsError

        count("write", len(tables))
        try:
            write_entry(self.folder / kind, key, tables, facts, groups)
        except (OSError, PolarsError) as error:
            why = getattr(error, "strerror", None) or str(error)
            note = f"results were not cached in {self.folder}: {why}"
            if note not in self.notes:
                self.notes.append(note)

    def has(self, kind: str, key: str) -> bool:
        """Whether an entry is there; nothing of it is read."""
        return self.folder is not None and (self.folder / kind / key / MANIFEST).is_file()

    def segments(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield every segment's key and its `keys` table, newest first."""
        for entry in self._by_age(SEGMENTS):
            keys = self.read_table(SEGMENTS, entry.name, "keys")
            if keys is not None:
                yield entry.name, keys

    def newest(self, kind: str, most: int | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the keys and facts of the newest entries, at most so many; None for all."""
        for entry in self._by_age(kind)[:most]:
            try:
                yield entry.name, read_manifest(entry)[1]
            except (Damaged, OSError) as error:
                self._discard(entry, error)

    def read_table(self, kind: str, key: str, name: str) -> pl.DataFrame | None:
        """Return one table of an entry, or None where it was damaged."""
        if self.folder is None:
            return None
        entry = self.folder / kind / key
        try:
            return read_table(entry, name)
        except (Damaged, OSError) as error:
            self._discard(entry, error)
            return None

    def remove(self, kind: str, keys: Collection[str]) -> None:
        """Remove entries; what a run that reads one now still needs, it computes."""
        if self.folder is not None:
            for key in keys:
                take_away(self.folder / kind / key)

    def verify(self) -> list[str]:
        """Check every file against its manifest and return what is wrong, one line an entry."""
        wrong = []
        for entry in self.entries():
            try:
                check_entry(entry)
            except Outdated:
                continue
            except (Damaged, OSError) as error:
                wrong.append(f"{entry.parent.name}/{entry.name}: {error}")
        return wrong

    def entries(self) -> list[Path]:
        """Return the folders of all entries."""
        return [entry for entry in self._folders() if not entry.name.startswith(UNFINISHED)]

    def clear(self) -> int:
        """Remove all entries, and what a killed run left behind; return how many entries."""
        count = len(self.entries())
        for entry in self._folders():
            shutil.rmtree(entry, ignore_errors=True)
        if self.folder is not None:
            shutil.rmtree(self.folder / SHOWN, ignore_errors=True)
        return count

    def _by_age(self, kind: str) -> list[Path]:
        """Return the finished entries, newest first."""
        found = []
        for entry in self._folders((kind,)):
            if entry.name.startswith(UNFINISHED):
                continue  # Whole or not: whoever writes it may take it away.
            # Another run may merge or remove an entry at any moment.
            with suppress(OSError):
                if (entry / MANIFEST).is_file():
                    found.append((-entry.stat().st_mtime_ns, entry.name, entry))
        return [entry for _, _, entry in sorted(found)]

    def _folders(self, kinds: Collection[str] = (SEGMENTS, STUDIES)) -> list[Path]:
        if self.folder is None:
            return []
        found = (self.folder / kind for kind in kinds)
        return sorted(e for kind in found if kind.is_dir() for e in kind.iterdir() if e.is_dir())

    def _discard(self, entry: Path, error: Exception) -> None:
        name = f"{entry.parent.name}/{entry.name[:8]}"
        # One that is gone altogether was merged into another, or cleared by hand.
        if entry.exists() and not isinstance(error, Outdated):
            self.notes.append(f"cache entry {name} is damaged and was recomputed: {error}")
        take_away(entry)


@dataclass(frozen=True, slots=True)
class Reused:
    """Cached event-level tables of some observations.

    Attributes:
        parts: one per segment, newest first.
        segments: their keys.
        keys: the keys found.
    """

    parts: list[Part]
    segments: list[str]
    keys: list[str]


def reuse(
    cache: ResultsCache,
    wanted: pl.DataFrame,
    names: Collection[str],
    later: Collection[str] = (),
) -> Reused:
    """Collect the cached event-level tables of the observations wanted, segment by segment.

    Args:
        cache: the cache.
        wanted: `key` of each observation and the number `OBS` it has in this study.
        names: the tables wanted.
        later: tables that the caller reads afterwards.
    """
    parts: list[Part] = []
    segments: list[str] = []
    found: list[str] = []
    for segment, index in cache.segments():
        hits = wanted.join(index, on="key", suffix=STORED)
        entry = cache.read(SEGMENTS, segment, names, later) if len(hits) else None
        if entry is None:
            continue
        stored = index.get_column(OBS).to_numpy().astype(np.int64)
        numbers = np.full(len(stored), -1)
        at = np.searchsorted(stored, hits.get_column(OBS + STORED).to_numpy())
        numbers[at] = hits.get_column(OBS).to_numpy()
        parts.append(Part(entry[0], stored, numbers))
        segments.append(segment)
        found.extend(hits["key"].to_list())
        wanted = wanted.join(hits, on="key", how="anti")
    return Reused(parts, segments, found)
