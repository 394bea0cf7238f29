"""The price store: what remote providers answered, kept by security, whole at any moment.

Each security has one record (`ORCL.json`) and up to three Parquet tables named by their content
(`ORCL.bars.<digest>.parquet`). A writer adds new tables first and then replaces the record, so a
reader sees the old history or the new one, whatever happens in between.

A history that contradicts the one before it, or lacks a part of it, is a revision: the one before
stays as an earlier version, with its tables, until `VERSIONS` newer ones have been revised too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.files import UNFINISHED, write_bytes
from backtest.prices._kept import content_of, digest_of, not_without, packed, read_kept, write_kept
from backtest.prices._lock import LOCK_SECONDS, locked
from backtest.prices._names import names_in
from backtest.prices._record import TABLES, Damaged, Earlier, Record, safe_name
from backtest.prices._revision import lost as lost_parts
from backtest.prices._revision import revision
from backtest.prices._unrecorded import lost_records
from backtest.prices.provider import ACTIONS, BARS, SHARES

if TYPE_CHECKING:
    import polars as pl

VERSIONS = 5
"""Earlier versions of a security that are kept; the oldest goes when there is one more."""

_READ_ATTEMPTS = 3
_READERS = 4
_SCHEMAS = {"bars": BARS, "actions": ACTIONS, "shares": SHARES}


@dataclass(frozen=True, slots=True)
class Held:
    """One security as stored: bars and actions on one basis, share counts as reported."""

    record: Record
    bars: pl.DataFrame
    actions: pl.DataFrame
    shares: pl.DataFrame


class PriceStore:
    """Securities in `folder`, which need not exist; several processes may use it at once.

    Args:
        folder: where the securities are.
        patience: seconds that a writer waits for another one.
    """

    def __init__(self, folder: Path, patience: float = LOCK_SECONDS) -> None:
        self.folder = folder
        self._patience = patience

    def check_readable(self) -> None:
        """Look whether the folder can be read; one that is not there is empty.

        Raises:
            BadUsage: it cannot.
        """
        names_in(self.folder)

    def records(self) -> tuple[Record, ...]:
        """Return all readable records by ticker, without reading a price.

        Raises:
            BadUsage: the folder cannot be read.
        """
        found = []
        for path in self._record_files(names_in(self.folder)):
            with suppress(Damaged, FileNotFoundError):
                found.append(_record_at(path))
        return tuple(sorted(found, key=lambda record: record.ticker))

    def unreadable(self) -> dict[str, str]:
        """Return what is wrong with records, by file name: torn, or lost with the tables there.

        Raises:
            BadUsage: the folder cannot be read.
        """
        names, found = names_in(self.folder), {}
        for path in self._record_files(names):
            try:
                _record_at(path)
            except Damaged as damage:
                found[path.name] = str(damage)
            except FileNotFoundError:
                continue
        return {**found, **lost_records(self.folder, names)}

    def lost(self) -> dict[str, str]:
        """Return the file names of records that are gone though tables are there, and which.

        Raises:
            BadUsage: the folder cannot be read.
        """
        return lost_records(self.folder, names_in(self.folder))

    def record(self, ticker: str) -> Record | None:
        """Return the record of a security, None where there is none.

        Raises:
            Damaged: the record cannot be read.
        """
        try:
            return _record_at(self._record_file(ticker))
        except FileNotFoundError:
            return None

    def provider_of(self, file: str) -> str | None:
        """Return where the security of a record's file came from, None where that is not known."""
        try:
            return _record_at(self.folder / file).provider
        except (Damaged, FileNotFoundError):
            return None

    def read(self, ticker: str) -> Held | None:
        """Return what is stored about a security, None where nothing is.

        Raises:
            Damaged: a file is missing or not what was written, the record too.
            BadUsage: the folder cannot be read.
        """
        for _ in range(_READ_ATTEMPTS):
            record = self.record(ticker)
            if record is None:
                lost = self.lost().get(record_file(ticker))
                if lost:
                    raise Damaged(lost)
                return None
            with suppress(FileNotFoundError):
                tables = {name: self._table(record, name) for name in TABLES}
                return Held(record, **tables)
        raise Damaged("a table is missing")

    def part(self, record: Record, name: str) -> pl.DataFrame:
        """Return one table of a security, whatever is wrong with the others.

        Args:
            record: of the security.
            name: one of `TABLES`.

        Raises:
            Damaged: the file is missing or not what was written.
        """
        try:
            return self._table(record, name)
        except FileNotFoundError:
            raise Damaged("a table is missing") from None

    def read_earlier(self, record: Record, earlier: Earlier) -> Held:
        """Return a version that was revised, its record as it stood but for `earlier`.

        Raises:
            Damaged: a file is missing or not what was written.
        """
        try:
            tables = {name: self._table(record, name, earlier) for name in TABLES}
        except FileNotFoundError:
            raise Damaged("a table is missing") from None
        was = replace(
            record,
            provider=earlier.provider,
            retrieved_at=earlier.retrieved_at,
            first=earlier.first,
            last=earlier.last,
            rows=earlier.rows,
            digests=earlier.digests,
            earlier=(),
        )
        return Held(was, **tables)

    def write(self, held: Held, instead_of: Record | None) -> Record:
        """Keep a security's history in place of the one it was made from.

        What it contradicts, or has only in part, becomes an earlier version. Where
        another process has meanwhile written one that reaches at least as far, that stays.

        Raises:
            BadUsage: the folder cannot be written to.
            DataUnavailable: the disk is full, or another process holds the store for a minute.
        """
        tables = {"bars": held.bars, "actions": held.actions, "shares": held.shares}
        with locked(self.folder, self._patience):
            present = self._present(held.record.ticker)
            there = present.record if present else None
            if there and there != instead_of and _reaches_as_far(there, held.record):
                return there
            contents = {name: packed(table) for name, table in tables.items() if table.height}
            digests = {name: digest_of(content) for name, content in contents.items()}
            record = replace(held.record, digests=digests)
            files = {self.folder / str(record.file_of(name)): contents[name] for name in contents}
            with not_without(self._record_file(record.ticker), files):
                for path, content in files.items():
                    write_kept(path, content)
                # A table that several versions share is right again in all of them.
                record = replace(record, earlier=self._earlier(present, held))
                write_bytes(self._record_file(record.ticker), record.to_json())
            self._remove_leftovers(record)
        return record

    def verify(self) -> list[tuple[str, str]]:
        """Read everything; return (file, what is wrong with it) for what is damaged."""
        return [(file, said) for file, said in self.each() if isinstance(said, str)]

    def each(self) -> Iterator[tuple[str, Held | str]]:
        """Yield (record's file, the security, or what is wrong with it), earlier versions read too.

        Several are read at once: most of it is waiting and checksums.

        Raises:
            BadUsage: the folder cannot be read.
        """
        from concurrent.futures import ThreadPoolExecutor

        names = names_in(self.folder)
        yield from lost_records(self.folder, names).items()
        files = self._record_files(names)
        with ThreadPoolExecutor(max_workers=_READERS) as readers:
            yield from zip(
                (path.name for path in files), readers.map(self._whole, files), strict=True
            )

    def _whole(self, path: Path) -> Held | str:
        """Return a security, or say what is wrong with one of its files."""
        try:
            record = _record_at(path)
            held = Held(record, **{name: self._table(record, name) for name in TABLES})
            for version in record.earlier:
                self._check_earlier(record, version)
        except Damaged as damage:
            return str(damage)
        except FileNotFoundError as error:
            return f"{Path(str(error.filename)).name} is missing"
        return held

    def _check_earlier(self, record: Record, version: Earlier) -> None:
        try:
            self.read_earlier(record, version)
        except Damaged as damage:
            raise Damaged(f"earlier {version.name}: {damage}") from damage

    def _record_files(self, names: Iterable[str]) -> list[Path]:
        own = (name for name in names if name.endswith(".json") and not name.startswith("."))
        return sorted(self.folder / name for name in own)

    def _record_file(self, ticker: str) -> Path:
        return self.folder / record_file(ticker)

    def _present(self, ticker: str) -> Held | None:
        """Return a security that can be read in full."""
        with suppress(Damaged):
            return self.read(ticker)
        return None

    def _earlier(self, present: Held | None, new: Held) -> tuple[Earlier, ...]:
        """Return the versions before `new`, without those that are damaged: nobody can mend them.

        A record may be readable though the present version of its security is not.
        """
        there = present.record if present else None
        with suppress(Damaged):
            there = there or self.record(new.record.ticker)
        if there is None:
            return ()
        whole = tuple(one for one in there.earlier if self._is_whole(there, one))
        parts = (revision(present, new), lost_parts(present, new)) if present else ()
        why = "; ".join(filter(None, parts))
        return (_revised(there, new.record, why), *whole)[:VERSIONS] if why else whole

    def _is_whole(self, record: Record, earlier: Earlier) -> bool:
        try:
            self.read_earlier(record, earlier)
        except Damaged:
            return False
        return True

    def _table(self, record: Record, name: str, earlier: Earlier | None = None) -> pl.DataFrame:
        file = record.file_of(name, earlier)
        if file is None:
            return _SCHEMAS[name].empty()
        digest = (earlier or record).digests[name]
        return read_kept(self.folder / file, digest, _SCHEMAS[name])

    def _remove_leftovers(self, record: Record) -> None:
        """Delete tables of this security that its record does not name, and unfinished files.

        Only a writer that died leaves unfinished files: we hold the lock.
        """
        named, stem = record.files(), f"{safe_name(record.ticker)}."
        own = re.compile(re.escape(stem) + r"(bars|actions|shares)\.\w+\.parquet")
        for name in os.listdir(self.folder):  # noqa: PTH208 names alone: there may be thousands
            old = name.startswith(stem) and own.fullmatch(name) and name not in named
            if old or name.startswith(UNFINISHED):
                with suppress(OSError):
                    (self.folder / name).unlink()


def record_file(ticker: str) -> str:
    """Return the name of the file that a security's record is in."""
    return f"{safe_name(ticker)}.json"


def _record_at(path: Path) -> Record:
    record = Record.from_json(content_of(path))
    if path.name != f"{safe_name(record.ticker)}.json":
        raise Damaged(f"is about {record.ticker}, which has another file name")
    return record


def _revised(record: Record, new: Record, why: str) -> Earlier:
    """Return what a record says of its present version, once a new one is there."""
    return Earlier(
        provider=record.provider,
        retrieved_at=record.retrieved_at,
        replaced_at=new.retrieved_at,
        first=record.first,
        last=record.last,
        rows=record.rows,
        why=why,
        digests=record.digests,
    )


def _reaches_as_far(present: Record, ours: Record) -> bool:
    back = present.reaches_back_to(ours.asked_from)
    return back and present.retrieved_at >= ours.retrieved_at and present.last >= ours.last


def price_store(cache_dir: Path) -> PriceStore:
    """Return the price store of a cache folder."""
    return PriceStore(cache_dir / "prices")
