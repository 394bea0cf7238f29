"""What kept tables have in common: packed, named by their content, written under a lock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.contracts import Frame
from backtest.errors import DataUnavailable, Location
from backtest.prices._atomic import saving, write_bytes
from backtest.prices._record import Damaged

if TYPE_CHECKING:
    import polars as pl

_LOCK_SECONDS = 60.0


def packed(table: pl.DataFrame) -> bytes:
    """Return a table as the content of a Parquet file."""
    buffer = BytesIO()
    table.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def digest_of(content: bytes) -> str:
    """Hash the content of a file."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def content_of(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        FileNotFoundError: it is not there.
        Damaged: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Damaged(f"{path.name} cannot be read ({error.strerror or error})") from error


def read_kept(path: Path, digest: str, schema: Frame) -> pl.DataFrame:
    """Return a table as it was written; nothing is decoded before its digest is checked.

    Raises:
        FileNotFoundError: it is not there.
        Damaged: it is not what was written, or has other columns.
    """
    import polars as pl

    content = content_of(path)
    if digest_of(content) != digest:
        raise Damaged(f"{path.name} is not what was written")
    try:
        return schema.check(pl.read_parquet(BytesIO(content)))
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise Damaged(f"{path.name} is of another version ({error})") from error


def write_kept(path: Path, content: bytes) -> None:
    """Write a table's file, unless it is there already.

    Raises:
        OSError: it could not be written.
    """
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    write_bytes(path, content)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder and let one process at a time write there.

    Raises:
        BadUsage: the folder cannot be written to.
        DataUnavailable: the disk is full, or another process has held the folder for a minute.
    """
    from filelock import FileLock, Timeout

    with saving(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(folder / ".lock", timeout=_LOCK_SECONDS):
                yield
        except Timeout as error:
            raise DataUnavailable.because(
                "store-busy",
                f"another process has held the store for {_LOCK_SECONDS:.0f} seconds",
                where=Location(folder),
                hint="wait for it to end",
            ) from error
