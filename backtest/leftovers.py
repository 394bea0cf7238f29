"""What writers that were killed leave behind: files and folders under names that nobody reads.

They do no harm but take room, and nobody else would ever remove them.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

STALE_SECONDS = 86_400.0
"""Age from which on nobody can be writing any more; a clock that was set counts either way."""


def sweep(folder: Path, *patterns: str) -> None:
    """Remove what has had a name of an unfinished file for a day; what cannot be removed stays.

    Args:
        folder: where to look, not below it; need not exist.
        patterns: of unfinished names, as `Path.glob` takes them.
    """
    now = time.time()
    for pattern in patterns:
        with suppress(OSError):
            for path in list(folder.glob(pattern)):
                _remove(path, now)


def _remove(path: Path, now: float) -> None:
    with suppress(OSError):
        if abs(now - path.lstat().st_mtime) < STALE_SECONDS:
            return
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
