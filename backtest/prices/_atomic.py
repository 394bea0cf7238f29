"""Files that are there whole or not at all, and one clear message where they cannot be written."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from backtest.errors import BadUsage, DataUnavailable, Location

UNFINISHED = ".new-"
_FULL = (errno.ENOSPC, errno.EDQUOT)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file beside its place, flush it to the disk, and move it there.

    Raises:
        OSError: it could not be written; what was at `path` before is untouched.
    """
    with NamedTemporaryFile(dir=path.parent, prefix=UNFINISHED, delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            file.close()
            _discard(temporary)
            raise
    try:
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        _discard(temporary)
        raise


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Say clearly why nothing can be saved in a folder.

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
