"""The report on the disk: whole or not at all, and one line where it cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

from backtest.errors import BadUsage
from backtest.prices._atomic import write_bytes

_HINT = "name a file in a folder you may write to: --out report.html"


def check_place(path: Path) -> None:
    """Find out before a study runs that its report could not be written.

    Raises:
        BadUsage: the folder is not there or read-only, or a folder is in the way.
    """
    if path.is_dir():
        raise _unusable(path, "it is a folder")
    if not path.parent.is_dir():
        raise _unusable(path, "its folder does not exist")
    if not os.access(path.parent, os.W_OK):
        raise _unusable(path, "its folder is read-only")


def write_page(text: str, path: Path) -> int:
    """Write the page beside its place, move it there, and return its bytes.

    Raises:
        BadUsage: it cannot be written; what was there before is untouched.
    """
    content = text.encode()
    try:
        write_bytes(path, content)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    return len(content)


def _unusable(path: Path, why: str) -> BadUsage:
    return BadUsage.because("cannot-write", f"cannot write {path}: {why}", field="out", hint=_HINT)
