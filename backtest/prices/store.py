"""The price store: what remote providers answered, kept by security, whole at any moment.

Each security has one record (`ORCL.json`) and up to three Parquet tables named by their content
(`ORCL.bars.<digest>.parquet`). A writer adds new tables first and then replaces the record, so a
reader sees the old history or the new one, whatever happens in between.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.prices._atomic import UNFINISHED, write_bytes
from backtest.prices._kept import content_of, digest_of, locked, packed, read_kept, write_kept
from backtest.prices._record import TABLES, Damaged, Record, safe_name
from backtest.prices.provider import ACTIONS, BARS, SHARES

if TYPE_CHECKING:
    import polars as pl

_READ_ATTEMPTS = 3
_SCHEMAS = {"bars": BARS, "actions": ACTIONS, "shares": SHARES}


@dataclass(frozen=True, slots=True)
class Held:
    """One security as stored: bars and actions on one basis, share counts as reported."""

    record: Record
    bars: pl.DataFrame
    actions: pl.DataFrame
    shares: pl.DataFrame


class PriceStore:
    """Securities in `folder`, which need not exist; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def records(self) -> tuple[Record, ...]:
        """Return all readable records by ticker, without reading a price."""
        found = []
        for path in self._record_files():
            with suppress(Damaged, FileNotFoundError):
                found.append(_record_at(path))
        return tuple(sorted(found, key=lambda record: record.ticker))

    def record(self, ticker: str) -> Record | None:
        """Return the record of a security, None where there is none.

        Raises:
            Damaged: the record cannot be read.
        """
        try:
            return _record_at(self._record_file(ticker))
        except FileNotFoundError:
            return None

    def read(self, ticker: str) -> Held | None:
        """Return what is stored about a security, None where nothing is.

        Raises:
            Damaged: a file is missing or not what was written.
        """
        for _ in range(_READ_ATTEMPTS):
            record = self.record(ticker)
            if record is None:
                return None
            with suppress(FileNotFoundError):
                tables = {name: self._table(record, name) for name in TABLES}
                return Held(record, **tables)
        raise Damaged("a table is missing")

    def write(self, held: Held, instead_of: Record | None) -> Record:
        """Keep a security's history in place of the one it was made from.

        Where another process has meanwhile written one that reaches at least as far, that stays.

        Raises:
            BadUsage: the folder cannot be written to.
            DataUnavailable: the disk is full, or another process holds the store for a minute.
        """
        tables = {"bars": held.bars, "actions": held.actions, "shares": held.shares}
        with locked(self.folder):
            present = self._present(held.record.ticker)
            if present and present != instead_of and _reaches_as_far(present, held.record):
                return present
            contents = {name: packed(table) for name, table in tables.items() if table.height}
            digests = {name: digest_of(content) for name, content in contents.items()}
            record = replace(held.record, digests=digests)
            for name, content in contents.items():
                write_kept(self.folder / str(record.file_of(name)), content)
            write_bytes(self._record_file(record.ticker), record.to_json())
            self._remove_leftovers(record)
        return record

    def verify(self) -> list[tuple[str, str]]:
        """Read everything; return (file, what is wrong with it) for what is damaged."""
        problems = []
        for path in self._record_files():
            try:
                record = _record_at(path)
                for name in TABLES:
                    self._table(record, name)
            except Damaged as damage:
                problems.append((path.name, str(damage)))
            except FileNotFoundError as error:
                problems.append((path.name, f"{Path(str(error.filename)).name} is missing"))
        return problems

    def _record_files(self) -> list[Path]:
        return sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []

    def _record_file(self, ticker: str) -> Path:
        return self.folder / f"{safe_name(ticker)}.json"

    def _present(self, ticker: str) -> Record | None:
        """Return the record of a security that can be read in full."""
        with suppress(Damaged):
            held = self.read(ticker)
            return held.record if held else None
        return None

    def _table(self, record: Record, name: str) -> pl.DataFrame:
        file = record.file_of(name)
        if file is None:
            return _SCHEMAS[name].empty()
        return read_kept(self.folder / file, record.digests[name], _SCHEMAS[name])

    def _remove_leftovers(self, record: Record) -> None:
        """Delete tables of this security that its record does not name, and unfinished files.

        Only a writer that died leaves unfinished files: we hold the lock.
        """
        named = {record.file_of(name) for name in TABLES}
        own = re.compile(
            re.escape(safe_name(record.ticker)) + r"\.(bars|actions|shares)\.\w+\.parquet"
        )
        for path in self.folder.iterdir():
            old = own.fullmatch(path.name) and path.name not in named
            if old or path.name.startswith(UNFINISHED):
                with suppress(OSError):
                    path.unlink()


def _record_at(path: Path) -> Record:
    record = Record.from_json(content_of(path))
    if path.name != f"{safe_name(record.ticker)}.json":
        raise Damaged(f"is about {record.ticker}, which has another file name")
    return record


def _reaches_as_far(present: Record, ours: Record) -> bool:
    back = present.reaches_back_to(ours.asked_from)
    return back and present.retrieved_at >= ours.retrieved_at and present.last >= ours.last


def price_store(cache_dir: Path) -> PriceStore:
    """Return the price store of a cache folder."""
    return PriceStore(cache_dir / "prices")
