"""The report on the disk: whole or not at all, and one line where it cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

from backtest.errors import BadUsage
from backtest.files import write_bytes


def check_place(path: Path, field: str = "out") -> None:
    """Find out before a study runs that its report could not be written.

    Args:
        path: the file.
        field: the option that names it.

    Raises:
        BadUsage: the folder is not there or read-only, or a folder is in the way.
    """
    if path.is_dir():
        raise _unusable(path, "it is a folder", field)
    if not path.parent.is_dir():
        raise _unusable(path, "its folder does not exist", field)
    if not os.access(path.parent, os.W_OK):
        raise _unusable(path, "its folder is read-only", field)


def write_page(text: str, path: Path, field: str = "out") -> int:
    """Write the page beside its place, move it there, and return its bytes.

    Raises:
        BadUsage: it cannot be written; what was there before is untouched.
    """
    content = text.encode()
    try:
        write_bytes(path, content)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error), field) from None
    return len(content)


def _unusable(path: Path, why: str, field: str) -> BadUsage:
    return BadUsage.because(
        "cannot-write",
        f"cannot write {path}: {why}",
        field=field,
        hint=f"name a file in a folder you may write to: --{field} report.html",
    )
