"""The factors of the French library as they were fetched, kept whole at any moment.

A record (`french.json`) says where from and when, and names its table by content
(`french.<digest>.parquet`). A writer adds the table first and then replaces the record, as the
price store does, so a reader sees the old factors or the new ones.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.files import UNFINISHED, write_bytes
from backtest.prices._kept import content_of, digest_of, packed, read_kept, write_kept
from backtest.prices._lock import locked
from backtest.prices._manifest import from_manifest, manifest, written_by
from backtest.prices._record import Damaged
from backtest.prices.factors import FACTORS

if TYPE_CHECKING:
    import polars as pl

FORMAT = 2
"""Of the record; the first had no checksum and no library versions."""
_NAME = "french"
_READ_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class FactorRecord:
    """What is stored: from which address, when, how far, its table's digest, by what versions."""

    source: str
    retrieved_at: dt.datetime
    first: dt.date
    last: dt.date
    rows: int
    digest: str
    libraries: dict[str, str] = field(default_factory=written_by, hash=False, compare=False)

    def to_json(self) -> bytes:
        """Return the file's content; dates are ISO."""
        return manifest({"format": FORMAT, **asdict(self)})

    @classmethod
    def from_json(cls, content: bytes) -> FactorRecord:
        """Read the file's content.

        Raises:
            Damaged: it is not a record of this format.
        """
        try:
            plain = from_manifest(content)
            if plain["format"] in (1, FORMAT):
                return cls(
                    source=str(plain["source"]),
                    retrieved_at=dt.datetime.fromisoformat(plain["retrieved_at"]),
                    first=dt.date.fromisoformat(plain["first"]),
                    last=dt.date.fromisoformat(plain["last"]),
                    rows=int(plain["rows"]),
                    digest=str(plain["digest"]),
                    libraries=dict(plain.get("libraries", {})),
                )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Damaged(f"{_NAME}.json is not a record of factors ({error})") from error
        raise Damaged(f"{_NAME}.json is a record of another version")


@dataclass(frozen=True, slots=True)
class StoredFactors:
    """The stored factors (`FACTORS`, by date) and their record."""

    record: FactorRecord
    frame: pl.DataFrame


class FactorStore:
    """Factors in `folder`, which need not exist; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def record(self) -> FactorRecord | None:
        """Return what is said of the stored factors, None where there are none.

        Raises:
            Damaged: the record cannot be read.
        """
        try:
            return FactorRecord.from_json(content_of(self._record_file))
        except FileNotFoundError:
            return None

    def read(self) -> StoredFactors | None:
        """Return the stored factors, None where there are none.

        Raises:
            Damaged: a file is missing or not what was written.
        """
        for _ in range(_READ_ATTEMPTS):
            record = self.record()
            if record is None:
                return None
            with suppress(FileNotFoundError):
                return StoredFactors(
                    record, read_kept(self._table_file(record.digest), record.digest, FACTORS)
                )
        raise Damaged("the table is missing")

    def verify(self) -> list[tuple[str, str]]:
        """Read everything; return (file, what is wrong with it) for what is damaged."""
        try:
            self.read()
        except Damaged as damage:
            return [(self._record_file.name, str(damage))]
        return []

    def write(self, frame: pl.DataFrame, source: str, now: dt.datetime) -> FactorRecord:
        """Keep factors in place of those that are there.

        Args:
            frame: `FACTORS`, sorted by date, at least one row.
            source: where they come from.
            now: when.

        Raises:
            BadUsage: the folder cannot be written to.
            DataUnavailable: the disk is full, or another process holds the store for a minute.
        """
        days = frame["date"]
        content = packed(frame)
        record = FactorRecord(
            source, now.astimezone(dt.UTC), days[0], days[-1], frame.height, digest_of(content)
        )
        with locked(self.folder):
            write_kept(self._table_file(record.digest), content)
            write_bytes(self._record_file, record.to_json())
            self._remove_leftovers(record)
        return record

    @property
    def _record_file(self) -> Path:
        return self.folder / f"{_NAME}.json"

    def _table_file(self, digest: str) -> Path:
        return self.folder / f"{_NAME}.{digest}.parquet"

    def _remove_leftovers(self, record: FactorRecord) -> None:
        """Delete tables that the record does not name, and unfinished files; we hold the lock."""
        tables = set(self.folder.glob(f"{_NAME}.*.parquet")) - {self._table_file(record.digest)}
        for path in (*tables, *self.folder.glob(f"{UNFINISHED}*")):
            with suppress(OSError):
                path.unlink()


def factor_store(cache_dir: Path) -> FactorStore:
    """Return the store of factors of a cache folder."""
    return FactorStore(cache_dir / "factors")
