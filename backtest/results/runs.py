"""What past runs cost, kept to compare later ones with: one small JSON file a run."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backtest.errors import BacktestError, BadInput, BadUsage, Location, did_you_mean
from backtest.files import saving, write_bytes
from backtest.prices._manifest import from_manifest, manifest
from backtest.stages import STAGES, Recorder, Stage

LAST = "last"
_FORMAT = 2
"""The first had no checksum."""
_KEPT = 100
"""Runs; older ones go."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        name: what it is called.
        at: when it began, UTC.
        events, prices: what was read, in a line each.
        engine: version of the engine.
        cold: whether it started from scratch.
        seconds: of all of it.
        stages: by name.
        fresh: announcements whose observations were computed.
    """

    name: str
    at: dt.datetime
    events: str
    prices: str
    engine: str
    cold: bool
    seconds: float
    stages: Mapping[str, Stage]
    fresh: tuple[str, ...]

    @classmethod
    def of(
        cls, name: str, at: dt.datetime, told: Mapping[str, str], cold: bool, seen: Recorder
    ) -> Run:
        """Make one of what was recorded; `told` has events, prices and engine."""
        return cls(
            name,
            at,
            **told,
            cold=cold,
            seconds=seen.seconds,
            stages=seen.stages,
            fresh=tuple(seen.fresh),
        )

    def plain(self) -> dict[str, Any]:
        """Return plain values."""
        stages = [
            {
                "stage": one.name,
                "items": one.items,
                "reused": one.reused,
                "recomputed": one.recomputed,
                "seconds": one.seconds,
            }
            for one in self.stages.values()
        ]
        return {
            "format": _FORMAT,
            "name": self.name,
            "at": self.at.isoformat(),
            "events": self.events,
            "prices": self.prices,
            "engine": self.engine,
            "cold": self.cold,
            "seconds": self.seconds,
            "stages": stages,
            "fresh": list(self.fresh),
        }


class Runs:
    """The runs kept in a folder, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Return the runs' names, the oldest first."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in self.folder.glob("*.json"):
            with suppress(OSError):  # another run may remove the oldest at any moment
                found.append((_began(path), path.stat().st_mtime_ns, path))
        return [path.stem for *_, path in sorted(found)]

    def keep(self, run: Run) -> None:
        """Write a run; the oldest ones beyond a hundred go.

        Raises:
            BadUsage: the folder cannot be written to.
            DataUnavailable: the disk is full.
        """
        with saving(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_bytes(self.folder / f"{run.name}.json", manifest(run.plain()))
        # Not this one, though the clock may have been set back.
        others = [name for name in self.names() if name != run.name]
        for name in others[: 1 - _KEPT]:
            with suppress(OSError):
                (self.folder / f"{name}.json").unlink()

    def read(self, wanted: str) -> Run:
        """Return a run by its name, `last`, or the path of its file.

        Raises:
            BadUsage: there is no such run.
            BadInput: the file is not one of ours.
        """
        names = self.names()
        if wanted == LAST and names:
            return read_run(self.folder / f"{names[-1]}.json")
        if wanted in names:
            return read_run(self.folder / f"{wanted}.json")
        if wanted.endswith(".json") and Path(wanted).is_file():
            return read_run(Path(wanted))
        some = ", ".join(names[-3:]) or "none yet"
        raise BadUsage.because(
            "no-such-run",
            f"no run `{wanted}` is kept in {self.folder}",
            field="compare",
            hint=(names and did_you_mean(wanted, [*names, LAST])) or f"the newest are: {some}",
        )


def check_name(name: str) -> str:
    """Return a run's name if a file can be called so.

    Raises:
        BadUsage: it cannot, or means something else.
    """
    if not _NAME.fullmatch(name) or name == LAST:
        raise BadUsage.because(
            "bad-name",
            f"`{name}` cannot name a run",
            field="name",
            hint="letters, digits, `.`, `_` and `-`",
        )
    return name


def read_run(path: Path) -> Run:
    """Read a run's file.

    Raises:
        BadInput: it is not one of ours.
    """
    try:
        plain = from_manifest(path.read_bytes())
        return Run(
            str(plain["name"]),
            dt.datetime.fromisoformat(plain["at"]),
            str(plain["events"]),
            str(plain["prices"]),
            str(plain["engine"]),
            bool(plain["cold"]),
            float(plain["seconds"]),
            _stages(plain),
            tuple(map(str, plain["fresh"])),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput.because(
            "not-a-run",
            f"not a run that `backtest reprocess` kept ({error})",
            where=Location(path),
            hint="`backtest reprocess` writes one into the cache folder, below runs",
        ) from None


def _began(path: Path) -> dt.datetime:
    """Return when a run began: its file may be a copy. One that cannot be read is the oldest."""
    try:
        at = read_run(path).at
        return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except BacktestError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def _stages(plain: Mapping[str, Any]) -> dict[str, Stage]:
    """Return the stages of a file.

    Raises:
        ValueError, KeyError, TypeError: it is of another format.
    """
    if plain["format"] != _FORMAT:
        raise ValueError(f"its format is {plain['format']}")
    stages = {name: Stage(name) for name in STAGES}
    for one in plain["stages"]:
        own = Stage(one["stage"], float(one["seconds"]), int(one["items"]), int(one["reused"]))
        stages[own.name] = own
    return stages
