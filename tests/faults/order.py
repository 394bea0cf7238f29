"""What a test asks of the warm process: a command, and what is to go wrong while it runs."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MOMENT = "2026-06-15T12:00:00+00:00"
"""What the clock says in every command: a Monday after the last session of the snapshot."""


@dataclass(frozen=True)
class Order:
    """One command.

    Attributes:
        arguments: of `backtest`.
        folder: the working folder.
        env: variables added to the process's own.
        clock: what the wall clock says, ISO with offset; empty for the true time.
        die_at: number of the write below `folder` at which the process kills itself, from 1.
        die_after: seconds after which it is killed from outside.
        file_limit: bytes that a file may have; the kernel refuses more (EFBIG).
        torn: be killed by the write that would go beyond `file_limit`, a part of it done.
        hasty: pauses between questions are taken as slept.
        powerless: even for root, permissions of files count.
    """

    arguments: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    clock: str = MOMENT
    die_at: int | None = None
    die_after: float | None = None
    file_limit: int | None = None
    torn: bool = False
    hasty: bool = False
    powerless: bool = False


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: exit code, negative for the signal that ended it.
        out, err: what it printed.
        writes: times it opened, named or removed a file below its folder; 0 where it was killed.
        seconds: how long it took.
    """

    code: int
    out: str
    err: str
    writes: int
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether it was ended by force."""
        return self.code in (-signal.SIGKILL, -signal.SIGXFSZ)

    @property
    def clean(self) -> bool:
        """Whether nothing it printed is a programmer's message."""
        told = ("Traceback", "internal error", "panicked at")
        return not any(word in self.err for word in told)

    def lines(self, word: str) -> list[str]:
        """Return the lines of stderr with a word in them."""
        return [line for line in self.err.splitlines() if word in line]
