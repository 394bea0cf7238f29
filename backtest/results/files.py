"""Parquet files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from backtest.errors import BadUsage

if TYPE_CHECKING:
    import polars as pl


def write_tables(tables: Mapping[str, pl.DataFrame], folder: Path) -> list[Path]:
    """Write each table as `<name>.parquet`, each by a rename, and return the paths.

    Raises:
        BadUsage: the folder cannot be written; files already there are untouched.
    """
    return _write_all(tables, folder, "parquet", lambda frame, file: frame.write_parquet(file))


def write_csvs(tables: Mapping[str, pl.DataFrame], folder: Path) -> list[Path]:
    """Write each table as `<name>.csv`, each by a rename, and return the paths.

    Raises:
        BadUsage: the folder cannot be written; files already there are untouched.
    """
    return _write_all(tables, folder, "csv", lambda frame, file: frame.write_csv(file))


def _write_all(
    tables: Mapping[str, pl.DataFrame],
    folder: Path,
    suffix: str,
    put: Callable[[pl.DataFrame, BinaryIO], None],
) -> list[Path]:
    from polars.exceptions import PolarsError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(frame, folder / f"{name}.{suffix}", put) for name, frame in tables.items()]
    except (OSError, PolarsError) as error:
        raise BadUsage.because(
            "cannot-write",
            f"cannot write to {folder}: {getattr(error, 'strerror', None) or error}",
            field="out",
            hint="name a folder you may write to, with room on its disk",
        ) from None


def _write(frame: pl.DataFrame, path: Path, put: Callable[[pl.DataFrame, BinaryIO], None]) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            put(frame, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path
