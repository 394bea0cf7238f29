"""The calendar on the exchanges' sessions: overlapping windows, confounders, days off."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.errors import Problem
from backtest.events.consistency import Steps
from backtest.events.loaded import LoadedAnnouncement
from backtest.events.reactions import Clocks, party_reactions
from backtest.events.schema import Confounder
from backtest.events.select import announced_day
from backtest.spec import Window

if TYPE_CHECKING:
    from backtest.events.sessions import SessionClock

Told = tuple[LoadedAnnouncement, Steps, str, str, str | None]
"""Announcement, path in it, code, message, hint."""

_NAMED = 3


@dataclass(frozen=True, slots=True)
class _Reacting:
    """A listed party on its exchange's sessions; `day0` is the position of τ = 0."""

    item: LoadedAnnouncement
    ticker: str
    day0: int
    clock: SessionClock


class Timeline:
    """All listed parties of a calendar in session time."""

    def __init__(
        self, loaded: Sequence[LoadedAnnouncement], clocks: Clocks, window: Window
    ) -> None:
        self._window = window
        self._clocks = clocks
        self._undated: list[Told] = []
        self._parties = [party for item in loaded for party in self._reacting(item)]

    def findings(self) -> Iterator[Told]:
        """Yield what the sessions say about the calendar."""
        yield from self._undated
        yield from self._overlaps()
        by_item: dict[LoadedAnnouncement, list[_Reacting]] = defaultdict(list)
        for party in self._parties:
            by_item[party.item].append(party)
        for item, parties in by_item.items():
            yield from _holiday(item, parties[0].clock)
            yield from self._confounders(item, parties)

    def _reacting(self, item: LoadedAnnouncement) -> Iterator[_Reacting]:
        for party in party_reactions(item.announcement, self._clocks):
            if party.clock is None or isinstance(party.found, Problem):
                path = ("parties", party.place, "ticker")
                message = f"{party.ticker} has no reaction session: {party.sentence}"
                self._undated.append((item, path, "no-reaction-session", message, None))
            else:
                day0 = _position(party.clock, party.found.main)
                yield _Reacting(item, party.ticker, day0, party.clock)

    def _overlaps(self) -> Iterator[Told]:
        """Yield each announcement whose windows reach into earlier ones of the same tickers."""
        reach = self._window.end - self._window.start
        clashes: dict[LoadedAnnouncement, dict[tuple[int, str], list[str]]] = defaultdict(dict)
        for ticker, parties in _by_ticker(self._parties).items():
            first = 0
            for place, party in enumerate(parties):
                while party.day0 - parties[first].day0 > reach:
                    first += 1
                for other in parties[first:place]:
                    earlier = (other.day0, other.item.id)
                    clashes[party.item].setdefault(earlier, []).append(ticker)
        for item, overlapped in clashes.items():
            by_day = sorted(overlapped.items())
            told = _some([f"{key} ({', '.join(tickers)})" for (_, key), tickers in by_day])
            message = f"its event window {self._window} overlaps that of {told}"
            yield item, (), "overlapping-windows", message, None

    def _confounders(self, item: LoadedAnnouncement, parties: list[_Reacting]) -> Iterator[Told]:
        inside = [
            (place, confounder)
            for place, confounder in enumerate(item.announcement.confounders)
            if any(self._confounds(confounder, party) for party in parties)
        ]
        if inside:
            told = _some([f"{confounder.date} {confounder.what}" for _, confounder in inside])
            message = f"other news within the event window {self._window}: {told}"
            path = ("confounders", inside[0][0])
            yield item, path, "confounder-in-window", message, None

    def _confounds(self, confounder: Confounder, party: _Reacting) -> bool:
        if confounder.tickers and party.ticker not in confounder.tickers:
            return False
        day = _position(party.clock, confounder.date) - party.day0
        return self._window.start <= day <= self._window.end


def _position(clock: SessionClock, day: dt.date) -> int:
    """Return the position of the session of `day`, or of the next one."""
    import numpy as np

    return int(clock.on_or_after(np.array([day], dtype="datetime64[D]"))[0])


def _holiday(item: LoadedAnnouncement, clock: SessionClock) -> Iterator[Told]:
    import numpy as np

    day = announced_day(item.announcement)
    if not clock.is_session(np.array([day], dtype="datetime64[D]"))[0]:
        why = "a weekend" if day.weekday() > 4 else "a holiday"
        message = f"{day} is {why} at {clock.exchange.mic}; the next session reacts"
        yield item, ("announced",), "no-session-that-day", message, None


def _by_ticker(parties: Iterable[_Reacting]) -> dict[str, list[_Reacting]]:
    out: dict[str, list[_Reacting]] = defaultdict(list)
    for party in sorted(parties, key=lambda party: party.day0):
        out[party.ticker].append(party)
    return out


def _some(names: Sequence[str]) -> str:
    """List the last few: the nearest are the ones that matter."""
    shown = ", ".join(names[-_NAMED:])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
