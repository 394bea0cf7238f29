"""Securities for which a provider had nothing, noted as a pull goes, so that the next one goes on.

What was found stands in the store; what was not found would be asked for again by every pull that
continues a stopped one. A line is added for each; a torn or foreign line is passed over.
"""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from pathlib import Path

_FILE = "nothing-there.jsonl"
_ROOM = 1_000_000
"""Bytes of notes after which the file starts anew; only those of the last half hour are read."""


class Answered:
    """Notes in `folder`, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE

    def between(self, provider: str, first: dt.datetime, last: dt.datetime) -> dict[str, str]:
        """Return by ticker why a provider, asked between two moments, had nothing.

        What a clock that ran ahead has noted lies after `last`, and counts for nothing.
        """
        found: dict[str, str] = {}
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return found
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                noted = json.loads(line)
                asked = dt.datetime.fromisoformat(noted["asked"])
                if noted["provider"] == provider and first <= asked <= last:
                    found[str(noted["ticker"])] = str(noted["reason"])
        return found

    def note(self, provider: str, ticker: str, reason: str, now: dt.datetime) -> None:
        """Note that a provider had nothing; where that cannot be written it is asked again."""
        asked = now.astimezone(dt.UTC).isoformat()
        noted = {"provider": provider, "ticker": ticker, "asked": asked, "reason": reason}
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            full = self._path.exists() and self._path.stat().st_size > _ROOM
            with self._path.open("w" if full else "a", encoding="utf-8") as file:
                # The line break comes first: what was torn off before it then spoils no other.
                file.write("\n" + json.dumps(noted))
