"""How long reactions lasted: persistence of the events shown, at sessions and later events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.results.follow import BEFORE, Followed
from backtest.valuation.persistence import Persistence, persistence

HORIZONS = (1, 5, 20, 60)
"""Sessions after the event day."""

SMALL_CALENDAR = 60
"""Up to so many events, a gain is followed to each later one; of more, to those of the security."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stood at one later session.

    Attributes:
        after: sessions after the event day.
        date: that session.
        event: id of the later event that reacted then, None for a plain number of sessions.
        car: CAR(0, after), decimal; None where a day is missing or prices end.
        share: of the event day's abnormal return; None where that may be nothing.
        low, high: shares between which random days would have left it.
        p: share of random paths as far from zero as `car`.
    """

    after: int
    date: dt.date | None
    event: str | None
    car: float | None
    share: float | None
    low: float | None
    high: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Path:
    """The way of one party after its event.

    Attributes:
        gain, error: abnormal return of the event day and its standard error.
        car: CAR(0, h) by session h up to the last of `HORIZONS`; empty for other than main parties.
        low, high: by session, CARs between which random days would have left the gain.
        at: what stood after `HORIZONS`.
        later: what stood at later events, in order of date.
    """

    gain: float
    error: float
    car: list[float | None]
    low: list[float | None]
    high: list[float | None]
    at: list[Standing]
    later: list[Standing]


def paths(
    followed: Followed,
    later: Mapping[str, Sequence[tuple[dt.date, str]]],
    mains: Mapping[str, str],
    *,
    lenient: bool = False,
) -> dict[tuple[str, str], Path]:
    """Return the way of every observation, by event and ticker.

    Args:
        followed: prices and abnormal returns.
        later: by event, the reaction days and ids of the events after it that count.
        mains: by event, the party that is followed to those; the others only to `HORIZONS`.
        lenient: whether a missing day counts as nothing happened.
    """
    out: dict[tuple[str, str], Path] = {}
    if followed.rows.is_empty():
        return out
    keys = followed.rows.select("event_id", "ticker").rows()
    main = np.array([mains.get(event) == ticker for event, ticker in keys], dtype=np.bool_)
    shown = min(followed.abnormal.shape[1], HORIZONS[-1] + 1)
    for chosen, curve in ((main, shown), (~main, 0)):
        rows = np.flatnonzero(chosen)
        marks = [_marks(followed, int(at), later.get(keys[at][0], ())) for at in rows]
        out |= _paths(followed, rows, keys, marks if curve else [[] for _ in marks], curve, lenient)
    return {key: out[key] for key in keys}


def _paths(
    followed: Followed,
    rows: Ints,
    keys: Sequence[tuple[str, str]],
    marks: Sequence[Sequence[tuple[int, str]]],
    curve: int,
    lenient: bool,
) -> dict[tuple[str, str], Path]:
    """Return the ways of some observations: `HORIZONS`, their marks, and `curve` sessions."""
    if not len(rows):
        return {}
    every = len(HORIZONS) + max(map(len, marks))
    horizons = np.full((len(rows), every + curve), -1, dtype=np.int64)
    horizons[:, : len(HORIZONS)] = HORIZONS
    horizons[:, every:] = np.arange(curve)
    for at, own in enumerate(marks):
        horizons[at, len(HORIZONS) : len(HORIZONS) + len(own)] = [mark[0] for mark in own]
    gains = followed.abnormal[rows, 0]
    found = persistence(
        followed.abnormal[rows],
        followed.errors[rows],
        horizons,
        followed.residuals[rows],
        lenient=lenient,
    )
    lows, highs = found.shares_of(gains)
    out = {}
    for at, row in enumerate(rows.tolist()):
        made = _Row(followed, row, found, lows, highs, at)
        out[keys[row]] = Path(
            gain=float(gains[at]),
            error=float(followed.errors[row]),
            car=[_known(one) for one in found.car[at, every:]],
            low=[_known(one) for one in found.low[at, every:]],
            high=[_known(one) for one in found.high[at, every:]],
            at=[made.standing(place, after, None) for place, after in enumerate(HORIZONS)],
            later=[
                made.standing(len(HORIZONS) + place, after, name)
                for place, (after, name) in enumerate(marks[at])
            ],
        )
    return out


def _marks(
    followed: Followed, at: int, later: Sequence[tuple[dt.date, str]]
) -> list[tuple[int, str]]:
    found = [(followed.sessions_after(at, day), name) for day, name in later]
    return sorted(one for one in found if one[0] > 0)


@dataclass(frozen=True, slots=True)
class _Row:
    """One observation: its row of the followed, and its place in what was found."""

    followed: Followed
    row: int
    found: Persistence
    lows: Floats
    highs: Floats
    at: int

    def standing(self, place: int, after: int, event: str | None) -> Standing:
        return Standing(
            after,
            self._date(after),
            event,
            _known(self.found.car[self.at, place]),
            _known(self.found.share[self.at, place]),
            _known(self.lows[self.at, place]),
            _known(self.highs[self.at, place]),
            _known(self.found.p[self.at, place]),
        )

    def _date(self, after: int) -> dt.date | None:
        own = self.followed.dates[self.row]
        place = BEFORE + after
        if place >= len(own) or np.isnat(own[place]):
            return None
        day: dt.date = own[place].item()
        return day


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
