"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from backtest.errors import BadUsage

if TYPE_CHECKING:
    import polars as pl

Put = Callable[[BinaryIO], object]
"""Writes the content of a file."""


def write_tables(tables: Mapping[str, pl.DataFrame], folder: Path) -> list[Path]:
    """Write each table as `<name>.parquet`, each by a rename, and return the paths.

    Raises:
        BadUsage: the folder cannot be written; files already there are untouched.
    """
    return write_files(
        folder, {f"{name}.parquet": frame.write_parquet for name, frame in tables.items()}
    )


def write_csvs(tables: Mapping[str, pl.DataFrame], folder: Path) -> list[Path]:
    """Write each table as `<name>.csv`, each by a rename, and return the paths.

    Raises:
        BadUsage: the folder cannot be written; files already there are untouched.
    """
    return write_files(folder, {f"{name}.csv": frame.write_csv for name, frame in tables.items()})


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
        return [_write(folder / name, put) for name, put in files.items()]
    except (OSError, PolarsError) as error:
        raise BadUsage.because(
            "cannot-write",
            f"cannot write to {folder}: {getattr(error, 'strerror', None) or error}",
            field="out",
            hint="name a folder you may write to, with room on its disk",
        ) from None


def write_texts(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write texts as UTF-8 into a folder, by their files' names, each by a rename.

    Raises:
        BadUsage: the folder cannot be written; the file already there is untouched.
    """
    return write_files(folder, {name: partial(_put, text) for name, text in texts.items()})


def _put(text: str, file: BinaryIO) -> None:
    file.write(text.encode())


def _write(path: Path, put: Put) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            put(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path
