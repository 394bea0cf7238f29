"""How many strategies were tried on which data: the N of a deflated Sharpe ratio.

A trial is a strategy on data. It is known by a hash of all that makes its trades, so that the same
one counts once however often it is run, and another threshold counts anew; every cell of a sweep is
one. Data are known by their events and securities, not by their prices: a corrected or a later
price does not undo what was tried before. Nor does another selection of the same announcements:
what was tried on any part of a calendar counts, the same strategy on another part as another trial,
and on the same part of a calendar that has grown as the same one.

The trials stand in one SQLite file in the cache folder, which several processes may write to at
once; what a killed one had not finished is rolled back by the next.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backtest.engine.arrays import Floats

if TYPE_CHECKING:
    import sqlite3

FOLDER = "trials"
FILE = "trials.sqlite"
DAMAGED = "damaged.sqlite"
PATIENCE = 30.0
"""Seconds to wait for another process that writes."""

_TABLE = """
create table if not exists trials (
    data text not null, strategy blob not null, score real, primary key (data, strategy)
) without rowid
"""
_PLACES = """
create table if not exists places (
    data text not null, calendar text not null, selection text not null,
    primary key (data, calendar)
) without rowid
"""
_PLACE = "insert or ignore into places (data, calendar, selection) values (?, ?, ?)"
_HERE = "select score from trials where data = ?"
_AMONG = """
select avg(score) from trials join places using (data) where calendar = ?
group by strategy, selection
"""
_BESIDES = """
select count(*) from trials where data not in (select data from places where calendar = ?)
"""
_ADD = """
insert into trials (data, strategy, score) values (?, ?, ?)
on conflict (data, strategy) do update set score = excluded.score
"""

Trials = Mapping[bytes, float | None]
"""The score (`deflated.score`) of each strategy by its key; None where it has none."""


class Part(NamedTuple):
    """Which announcements strategies choose from: a selection of a calendar."""

    calendar: str
    selection: str

    @classmethod
    def of(cls, events: Path, selection: Sequence[str]) -> Part:
        """Return the part that a selection is of the announcements at a path."""
        import xxhash

        words = sorted({word.strip() for word in selection})
        # The name of a file need not be text that a database takes.
        return cls(xxhash.xxh3_128_hexdigest(os.fsencode(events.resolve())), json.dumps(words))


@dataclass(frozen=True, slots=True)
class Count:
    """What was tried.

    Attributes:
        here: strategies on such data.
        calendar: strategies on any selection of the calendar, those here among them.
        everywhere: those of the calendar, and trials on any other data.
        scores: (R,) of those of the calendar that have one.
        kept: whether the count is more than that of one call.
    """

    here: int
    calendar: int
    everywhere: int
    scores: Floats
    kept: bool = True

    def as_dict(self) -> dict[str, int | bool]:
        """Return the numbers as plain values."""
        told = {name: getattr(self, name) for name in ("here", "calendar", "everywhere")}
        return {**told, "kept": self.kept}


@dataclass(slots=True)
class Tried:
    """The trials below a cache folder; None keeps them for this object only.

    `notes` collects what the user should know: a folder that cannot be written, a damaged file.
    """

    cache: Path | None
    notes: list[str] = field(default_factory=list)
    _own: dict[str, dict[bytes, float | None]] = field(default_factory=dict)

    def add(self, data: str, trials: Trials, part: Part | None = None) -> Count:
        """Keep trials on data and return what was tried so far, these among it.

        Args:
            data: their key (`data_key`).
            trials: score by key (`strategy_key`).
            part: of which calendar the data are; None for one of their own.
        """
        self._own.setdefault(data, {}).update(trials)
        if self.cache is None:
            return self._alone(data)
        import sqlite3

        try:
            return self._kept(self.cache / FOLDER, data, trials, part)
        except sqlite3.OperationalError as error:
            self._note(f"cannot be kept in {self.cache / FOLDER}: {error}")
        except sqlite3.DatabaseError as error:
            # OperationalError is one too: a lock or a full disk is no damage.
            return self._anew(self.cache / FOLDER, data, trials, part, error)
        except OSError as error:
            self._note(f"cannot be kept in {self.cache / FOLDER}: {error.strerror or error}")
        return self._alone(data)

    def _kept(self, folder: Path, data: str, trials: Trials, part: Part | None) -> Count:
        folder.mkdir(parents=True, exist_ok=True)
        with closing(_opened(folder / FILE)) as file, file:
            file.execute(_TABLE)
            file.execute(_PLACES)
            if part:
                file.execute(_PLACE, (data, *part))
            file.executemany(_ADD, ((data, key, score) for key, score in trials.items()))
            here = file.execute(_HERE, (data,)).fetchall()
            if part:
                among = file.execute(_AMONG, (part.calendar,)).fetchall()
                besides = file.execute(_BESIDES, (part.calendar,)).fetchone()[0]
            else:
                among = here
                besides = file.execute("select count(*) from trials").fetchone()[0] - len(here)
        scores = _known(one for (one,) in among)
        return Count(len(here), len(among), len(among) + besides, scores)

    def _anew(
        self, folder: Path, data: str, trials: Trials, part: Part | None, error: Exception
    ) -> Count:
        """Set a damaged file aside and begin another."""
        import sqlite3

        aside = folder / DAMAGED
        try:
            (folder / FILE).replace(aside)
            count = self._kept(folder, data, trials, part)
        except (OSError, sqlite3.Error):
            count = self._alone(data)
        self._note(f"before are lost, the count begins anew: {aside} is damaged ({error})")
        return count

    def _alone(self, data: str) -> Count:
        known = self._own[data]
        everywhere = sum(map(len, self._own.values()))
        return Count(len(known), len(known), everywhere, _known(known.values()), kept=False)

    def _note(self, what: str) -> None:
        note = f"strategies tried {what}"
        if note not in self.notes:
            self.notes.append(note)


def strategy_key(rules: Mapping[str, Any]) -> bytes:
    """Return the key of a strategy.

    Args:
        rules: all that makes its trades, as plain values that JSON knows.
    """
    import xxhash

    text = json.dumps(rules, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return xxhash.xxh3_128_digest(text.encode())


def data_key(events: Iterable[str], tickers: Iterable[str]) -> str:
    """Return the key of data: of the events and securities that rules could choose from."""
    import xxhash

    names = json.dumps([sorted(set(events)), sorted(set(tickers))], ensure_ascii=False)
    return xxhash.xxh3_128_hexdigest(names.encode())


def _opened(path: Path) -> sqlite3.Connection:
    import sqlite3

    file = sqlite3.connect(path, timeout=PATIENCE)
    file.execute("pragma synchronous = normal")
    return file


def _known(scores: Iterable[float | None]) -> Floats:
    known = np.array([one for one in scores if one is not None], dtype=np.float64)
    return np.asarray(known[np.isfinite(known)])
