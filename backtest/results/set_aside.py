"""Working as if something kept were not there, without losing it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

ASIDE = ".aside-"
"""Beginning of the folders that a killed run may leave behind."""


@contextmanager
def set_aside(folder: Path, rooms: Collection[str]) -> Iterator[None]:
    """Empty some rooms of a folder for what runs inside; if it fails they come back.

    Raises:
        OSError: a room cannot be moved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder))
    moved: list[str] = []
    try:
        for room in rooms:
            if (folder / room).exists():
                (folder / room).rename(aside / room)
                moved.append(room)
        yield
    except BaseException:
        for room in moved:
            shutil.rmtree(folder / room, ignore_errors=True)
            (aside / room).rename(folder / room)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
