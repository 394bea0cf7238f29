"""The content-addressed results cache: Parquet, atomic, checksummed (DESIGN: the results cache).

Layout below the folder:

    segments/<key>/   keys.parquet and the event-level tables of the observations one run computed
    studies/<key>/    the sample-level tables of one whole study and the segments it stands on

Each entry is written into a temporary folder and renamed into place, with a manifest of the
checksums of its files. Whoever renames second finds the entry there and drops its own copy, so two
runs at once cannot corrupt each other. An entry that does not match its manifest is removed and
said; what it held is computed again.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.results.event_frames import OBS
from backtest.results.files import checksum

if TYPE_CHECKING:
    import polars as pl

MANIFEST = "manifest.json"
SEGMENTS = "segments"
STUDIES = "studies"
STORED = "_stored"


class Damaged(Exception):
    """An entry whose files do not match its manifest."""


@dataclass(slots=True)
class ResultsCache:
    """Entries below `folder`; None keeps nothing. `notes` collects what the user should know."""

    folder: Path | None
    notes: list[str] = field(default_factory=list)

    def read(self, kind: str, key: str) -> tuple[dict[str, pl.DataFrame], dict[str, Any]] | None:
        """Return an entry's tables and facts, or None where there is none or it was damaged."""
        if self.folder is None:
            return None
        entry = self.folder / kind / key
        try:
            return _read(entry)
        except FileNotFoundError:
            return None
        except (Damaged, OSError, ValueError) as error:
            self.notes.append(
                f"cache entry {kind}/{key[:8]} is damaged and was recomputed: {error}"
            )
            shutil.rmtree(entry, ignore_errors=True)
            return None

    def write(
        self, kind: str, key: str, tables: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]
    ) -> None:
        """Keep an entry; a folder that cannot be written is a note, never an error."""
        if self.folder is None:
            return
        from polars.exceptions import PolarsError

        try:
            _write(self.folder / kind, key, tables, facts)
        except (OSError, PolarsError) as error:
            why = getattr(error, "strerror", None) or str(error)
            note = f"results were not cached in {self.folder}: {why}"
            if note not in self.notes:
                self.notes.append(note)

    def segments(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield every segment's key and its `keys` table, newest first."""
        if self.folder is None or not (self.folder / SEGMENTS).is_dir():
            return
        import polars as pl

        entries = [e for e in (self.folder / SEGMENTS).iterdir() if (e / MANIFEST).is_file()]
        for entry in sorted(entries, key=lambda e: (-e.stat().st_mtime_ns, e.name)):
            try:
                yield entry.name, pl.read_parquet(entry / "keys.parquet")
            except (OSError, pl.exceptions.PolarsError) as error:
                self.notes.append(f"cache entry {entry.name[:8]} is damaged: {error}")
                shutil.rmtree(entry, ignore_errors=True)

    def verify(self) -> list[str]:
        """Check every file against its manifest and return what is wrong, one line an entry."""
        wrong = []
        for entry in self.entries():
            try:
                _checked(entry)
            except (Damaged, OSError, ValueError) as error:
                wrong.append(f"{entry.parent.name}/{entry.name}: {error}")
        return wrong

    def entries(self) -> list[Path]:
        """Return the folders of all entries."""
        if self.folder is None:
            return []
        found = (self.folder / kind for kind in (SEGMENTS, STUDIES))
        return sorted(e for kind in found if kind.is_dir() for e in kind.iterdir() if e.is_dir())

    def clear(self) -> int:
        """Remove all entries and return how many there were."""
        entries = self.entries()
        for entry in entries:
            shutil.rmtree(entry, ignore_errors=True)
        return len(entries)


def _checked(entry: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the content of an entry's files, all of which match the manifest, and its facts."""
    manifest: dict[str, Any] = json.loads((entry / MANIFEST).read_text(encoding="utf-8"))
    files: dict[str, bytes] = {}
    for name, expected in manifest["files"].items():
        if not (entry / name).is_file():
            raise Damaged(f"{name} is missing")
        files[name] = (entry / name).read_bytes()
        if checksum(files[name]) != expected:
            raise Damaged(f"{name} does not match its checksum")
    return files, manifest["facts"]


def _read(entry: Path) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    import polars as pl

    if not (entry / MANIFEST).is_file():
        raise FileNotFoundError(entry)
    files, facts = _checked(entry)
    tables = {Path(name).stem: pl.read_parquet(io.BytesIO(one)) for name, one in files.items()}
    return tables, facts


def _write(
    folder: Path, key: str, tables: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]
) -> None:
    if (folder / key / MANIFEST).is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        files = {}
        for name, table in tables.items():
            buffer = io.BytesIO()
            table.write_parquet(buffer, compression="lz4")
            content = buffer.getbuffer()
            (temporary / f"{name}.parquet").write_bytes(content)
            files[f"{name}.parquet"] = checksum(content)
        manifest = {"files": files, "facts": dict(facts)}
        (temporary / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        _rename(temporary, folder / key)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _rename(temporary: Path, entry: Path) -> None:
    try:
        temporary.replace(entry)
    except OSError:
        # Another run has written the same content meanwhile, or left a folder without manifest.
        if (entry / MANIFEST).is_file():
            return
        shutil.rmtree(entry, ignore_errors=True)
        temporary.replace(entry)


@dataclass(frozen=True, slots=True)
class Reused:
    """Cached event-level tables of some observations.

    Attributes:
        tables: by name, one part per segment, in no particular order.
        keys: the keys found.
    """

    tables: list[dict[str, pl.DataFrame]]
    keys: list[str]


def reuse(cache: ResultsCache, wanted: pl.DataFrame, names: Sequence[str]) -> Reused:
    """Collect the cached event-level tables of the observations wanted, segment by segment.

    Args:
        cache: the cache.
        wanted: `key` of each observation and the number `OBS` it has in this study; the tables
            come back with these numbers.
        names: tables wanted.
    """
    parts: list[dict[str, pl.DataFrame]] = []
    found: list[str] = []
    for segment, index in cache.segments():
        hits = wanted.join(index, on="key", suffix=STORED)
        entry = cache.read(SEGMENTS, segment) if len(hits) else None
        if entry is None:
            continue
        parts.append({name: _renumbered(entry[0][name], hits) for name in names})
        found.extend(hits["key"].to_list())
        wanted = wanted.join(hits, on="key", how="anti")
    return Reused(parts, found)


def _renumbered(table: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of the observations hit and give them their numbers in this study."""
    import numpy as np
    import polars as pl

    stored = table.get_column(OBS).to_numpy()
    number = np.full(int(stored.max()) + 1 if len(stored) else 0, -1, dtype=np.int64)
    old = hits.get_column(OBS + STORED).to_numpy()
    there = old < len(number)
    number[old[there]] = hits.get_column(OBS).to_numpy()[there]
    new = number[stored]
    renumbered = table.with_columns(pl.Series(OBS, new.clip(0).astype(np.uint32)))
    return renumbered if (new >= 0).all() else renumbered.filter(pl.Series(new >= 0))
