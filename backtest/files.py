"""Files that are there whole or not at all, and one clear message where they cannot be written.

A file is written beside its place, flushed to the disk and renamed; then its folder is flushed too,
without which a loss of power could undo the rename. Whoever reads meanwhile sees the old file or
the new one.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from backtest.errors import BadUsage, DataUnavailable, Location
from backtest.leftovers import sweep

if TYPE_CHECKING:
    import polars as pl

Put = Callable[[BinaryIO], object]
"""Writes the content of a file."""

UNFINISHED = ".new-"
"""What the name of a file begins with until it is whole."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CANNOT_FLUSH = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)
"""Some network drives cannot flush a folder; nothing better is to be had there."""


def write_whole(path: Path, put: Put, *, durable: bool = True) -> Path:
    """Write a file beside its place, flush it to the disk, and move it there.

    Args:
        path: the file.
        put: writes the content.
        durable: whether a loss of power may not take it back; what has a checksum and can be made
            again need not wait for the disk.

    Raises:
        OSError: it could not be written; what was at `path` before is untouched.
        polars.exceptions.PolarsError: likewise, where Polars writes it.
    """
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            put(file)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if durable:
        flush_folder(path.parent)
    return path


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file of this content as `write_whole` does.

    Raises:
        OSError: it could not be written; what was at `path` before is untouched.
    """
    write_whole(path, lambda file: file.write(content))


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system lets folders be flushed.

    Raises:
        OSError: the disk does not take them.
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise
    finally:
        os.close(handle)


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Say clearly why nothing can be saved in a cache folder.

    Raises:
        DataUnavailable: the disk is full.
        BadUsage: the folder is read-only, no folder, or otherwise of no use.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DataUnavailable.because(
                "disk-full",
                "the disk is full; what was saved before is intact",
                where=Location(folder),
                hint="make room, or name another folder with --cache",
            ) from error
        raise BadUsage.because(
            "cache-not-writable",
            f"cannot be written to ({error.strerror or error})",
            where=Location(folder),
            hint="name another folder with --cache or BACKTEST_CACHE",
        ) from error


def write_files(folder: Path, files: Mapping[str, Put]) -> list[Path]:
    """Write files into a folder, which is made where it is not there, each by a rename.

    Args:
        folder: where to; its other files are left alone.
        files: what writes the content of each file, by its name.

    Raises:
        BadUsage: the folder cannot be written; the file already there is untouched.
    """
    from polars.exceptions import PolarsError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder, f"{UNFINISHED}*")
        return [write_whole(folder / name, put) for name, put in files.items()]
    except (OSError, PolarsError) as error:
        raise BadUsage.because(
            "cannot-write",
            f"cannot write to {folder}: {getattr(error, 'strerror', None) or error}",
            field="out",
            hint="name a folder you may write to, with room on its disk",
        ) from None


def write_tables(tables: Mapping[str, pl.DataFrame | pl.LazyFrame], folder: Path) -> list[Path]:
    """Write each table as `<name>.parquet`, each by a rename, and return the paths.

    Tables in files are written as they are read, and are never in memory whole.

    Raises:
        BadUsage: the folder cannot be written; files already there are untouched.
    """
    return write_files(
        folder, {f"{name}.parquet": one.lazy().sink_parquet for name, one in tables.items()}
    )


def write_csvs(tables: Mapping[str, pl.DataFrame], folder: Path) -> list[Path]:
    """Write each table as `<name>.csv`, each by a rename, and return the paths.

    Raises:
        BadUsage: the folder cannot be written; files already there are untouched.
    """
    return write_files(folder, {f"{name}.csv": frame.write_csv for name, frame in tables.items()})


def write_texts(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write texts as UTF-8 into a folder, by their files' names, each by a rename.

    Raises:
        BadUsage: the folder cannot be written; the file already there is untouched.
    """
    return write_files(folder, {name: partial(_put, text) for name, text in texts.items()})


def _put(text: str, file: BinaryIO) -> None:
    file.write(text.encode())
