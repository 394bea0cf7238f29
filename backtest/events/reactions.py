"""Which session reacts to an announcement, for each of its listed parties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.errors import BacktestError, Problem

if TYPE_CHECKING:
    from backtest.events.exchanges import Exchange
    from backtest.events.schema import Announcement
    from backtest.events.sessions import Reaction, SessionClock

Clocks = Callable[["Exchange"], "SessionClock"]
"""From an exchange to its session clock."""


@dataclass(frozen=True, slots=True)
class PartyReaction:
    """A listed party: its place among the parties, and its reaction or why there is none."""

    place: int
    ticker: str
    clock: SessionClock | None
    found: Reaction | Problem

    @property
    def sentence(self) -> str:
        """Say which session reacts, or why none does."""
        return self.found.message if isinstance(self.found, Problem) else self.found.sentence


def party_reactions(event: Announcement, clocks: Clocks) -> Iterator[PartyReaction]:
    """Yield the reaction of each listed party.

    A bare date is told in the day of `event.exchange`, or of the first listed party's.
    """
    from backtest.events.abroad import react_abroad
    from backtest.events.exchanges import exchange_of

    home = clocks(exchange_of("", event.exchange)) if event.exchange else None
    for place, party in enumerate(event.parties):
        if party.ticker is None:
            continue
        clock: SessionClock | None = None
        found: Reaction | Problem
        try:
            clock = clocks(exchange_of(party.ticker, party.exchange))
            home = home or clock
            found = react_abroad(
                event.announced, event.session, event.probable_session, home, clock
            )
        except BacktestError as error:
            found = error.problems[0]
        yield PartyReaction(place, party.ticker, clock, found)
