"""Files of prices on this machine's disk: found in a folder, and known by when they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path

from backtest.errors import BadInput, Location
from backtest.prices._address import is_on_disk

READING = "2"
"""Raised when the same files come to mean something else: `currency` is read since 2."""


def tables_in(path: Path, suffixes: Collection[str], *, deep: bool = False) -> list[Path]:
    """Return the file itself, or the tables of a folder in the order of their names.

    Args:
        path: a file or folder.
        suffixes: what tables end with, in small letters.
        deep: look into folders of the folder too.

    Raises:
        BadInput: nothing is there, or no table is in the folder.
    """
    if not is_on_disk(str(path)):
        raise BadInput.because("missing-file", "there is no such file", where=Location(path))
    if not path.is_dir():
        return [path]
    try:
        found = sorted(
            file
            for file in (path.rglob("*") if deep else path.iterdir())
            if file.suffix.lower() in suffixes
            and not file.name.startswith((".", "_"))
            and file.is_file()
        )
    except OSError as error:
        why = f"cannot be listed: {error.strerror}"
        raise BadInput.because("unreadable-folder", why, where=Location(path)) from None
    if not found:
        kinds = " or ".join(sorted(suffixes, key=lambda one: (len(one), one)))
        raise BadInput.because("no-tables", f"holds no {kinds} table", where=Location(path))
    return found


def disk_fingerprint(files: Iterable[Path], *more: str) -> str:
    """Hash paths, sizes and times of change, and what else decides how the files are read."""
    digest = hashlib.blake2b("\0".join((READING, *more)).encode(), digest_size=16)
    for path in files:
        stat = path.stat()
        stamp = (path.absolute(), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        digest.update("\0".join(map(str, stamp)).encode())
    return digest.hexdigest()
