"""What kept tables have in common: packed, named by their content, checked when they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.contracts import Frame
from backtest.files import write_bytes
from backtest.prices._record import Damaged

if TYPE_CHECKING:
    import polars as pl


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


@contextmanager
def not_without(record: Path, tables: Iterable[Path]) -> Iterator[None]:
    """Take tables back whose record could not be written; without one they look like its loss."""
    new = [path for path in tables if not path.exists()]
    try:
        yield
    except BaseException:
        if not record.exists():
            for path in new:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
        raise


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
