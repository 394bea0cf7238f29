"""The names of what is in the price store; a store that may not be read is not an empty one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from backtest.errors import BadUsage, Location


def names_in(folder: Path) -> list[str]:
    """Return the names of all files; a folder that is not there has none.

    Raises:
        BadUsage: the folder cannot be read.
    """
    try:
        names = os.listdir(folder)  # noqa: PTH208 names alone: there may be thousands
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(folder, error.strerror or str(error)) from error
    if not os.access(folder, os.X_OK):  # Names can be listed, and nothing be opened.
        raise _unreadable(folder, os.strerror(errno.EACCES))
    return names


def _unreadable(folder: Path, why: str) -> BadUsage:
    return BadUsage.because(
        "store-unreadable",
        f"the price store cannot be read ({why})",
        where=Location(folder),
        hint="let this user read it, or name another folder with --cache or BACKTEST_CACHE",
    )
