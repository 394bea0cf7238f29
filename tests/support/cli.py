"""What the tests of whole commands share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALENDAR = Path(__file__).parents[2] / "events"
"""The announcements shipped with the project."""


@dataclass(frozen=True)
class Ran:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)

    def refused(self, code: int) -> str:
        """Return the one line the command ended with, after checking that it did so cleanly."""
        assert self.code == code, self.err
        assert "Traceback" not in self.err
        assert "internal error" not in self.err
        (line,) = (line for line in self.err.splitlines() if line.lower().startswith("error:"))
        return line


Command = Callable[..., Ran]
"""Runs `backtest` with these arguments."""
