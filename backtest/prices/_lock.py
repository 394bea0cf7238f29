"""One writer at a time: a lock on a folder, and who holds it.

The operating system releases the lock when its holder ends, however it ends; the note about the
holder may then be left behind, and is read only while somebody has the lock. Readers take no lock.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from backtest.errors import DataUnavailable, Location
from backtest.files import saving
from backtest.masking import masked

LOCK_SECONDS = 60.0
"""How long a writer waits for another one."""

_LOCK, _HOLDER = ".lock", ".lock.holder"
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: process, machine, what it was started as, and since when."""

    pid: int
    host: str
    command: str
    since: str

    @classmethod
    def here(cls) -> Holder:
        """Describe this process; passwords of its command line are hidden."""
        words = " ".join([Path(sys.argv[0] or "python").name, *sys.argv[1:]])
        command = "".join(sign if sign.isprintable() else " " for sign in masked(words))
        if len(command) > _LONGEST:
            command = f"{command[: _LONGEST - 1]}…"
        since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        return cls(os.getpid(), socket.gethostname(), command, since)

    def __str__(self) -> str:
        since = self.since.replace("T", " ").removesuffix("+00:00")
        return f"process {self.pid} on {self.host} (`{self.command}`), since {since} UTC"


@contextmanager
def locked(folder: Path, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Make a folder and let one process at a time write there.

    Args:
        folder: where to write.
        seconds: how long to wait for another process.

    Raises:
        BadUsage: the folder cannot be written to.
        DataUnavailable: the disk is full, or another process has held the folder all the time;
            the message names it.
    """
    from filelock import FileLock, Timeout

    with saving(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK)
        try:
            lock.acquire(timeout=seconds)
        except Timeout as error:
            raise DataUnavailable.because(
                "store-busy",
                f"{holder_of(folder) or 'another process'} holds the store; waited {seconds:.0f} "
                "seconds",
                where=Location(folder),
                hint="wait for it to end, then run this again",
            ) from error
        try:
            _name_holder(folder)
            yield
        finally:
            with suppress(OSError):
                (folder / _HOLDER).unlink(missing_ok=True)
            lock.release()


def holder_of(folder: Path) -> Holder | None:
    """Return who is noted as writing in a folder, None where nobody is or the note is cut off."""
    try:
        plain = json.loads((folder / _HOLDER).read_text("utf-8"))
        holder = Holder(**plain)
    except (OSError, ValueError, TypeError):
        return None
    return holder


def held_since(folder: Path) -> float | None:
    """Return when who is noted as writing in a folder began, None where nobody is.

    It is the time of the note's file, by the clock of the disk that the folder is on.
    """
    try:
        return (folder / _HOLDER).stat().st_mtime
    except OSError:
        return None


def _name_holder(folder: Path) -> None:
    """Leave a note for those who wait; a disk too full for it is found out by what comes next."""
    with suppress(OSError):
        (folder / _HOLDER).write_text(json.dumps(asdict(Holder.here())), encoding="utf-8")
