"""Whether the fields of an announcement fit together; also asked of one that is partly unreadable.

The schema asks this of announcements whose fields are all valid. Where some are not, the questions
that need only the others are asked all the same, so that one pass tells everything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from backtest.events.moment import parse_moment

Steps = tuple[str | int, ...]
"""A path: field names and list positions."""

Finding = tuple[Steps, str]
"""A path below the announcement and what is wrong there."""

UNNAMED = "give a ticker, or a name for a party that is not listed"


class Facts(NamedTuple):
    """What is compared; None stands for what is missing or cannot be read.

    `claims` are id and ticker of each; `complete` tells whether every party's ticker is known.
    """

    announced: dt.date | dt.datetime | None
    session: str | None
    probable_session: str | None
    tickers: Sequence[str | None]
    claims: Sequence[tuple[str | None, str | None]]
    complete: bool = True


def findings(facts: Facts) -> list[Finding]:
    """Return everything that does not fit together."""
    return [*_of_timing(facts), *_of_claims(facts)]


def findings_beside(value: object, faults: Mapping[Steps, str]) -> Iterator[Finding]:
    """Yield what does not fit together in a plain announcement that is faulty elsewhere.

    `faults` gives pydantic's kind of error by path.
    """
    plain = _Plain(value, faults)
    parties = range(plain.size("parties"))
    for place in parties:
        if plain.unnamed(place):
            yield ("parties", place), UNNAMED
    announced = plain.text("announced")
    yield from findings(
        Facts(
            parse_moment(announced) if announced else None,
            plain.text("session"),
            plain.text("probable_session"),
            [plain.text("parties", place, "ticker") for place in parties],
            [
                (plain.text("claims", place, "id"), plain.text("claims", place, "ticker"))
                for place in range(plain.size("claims"))
            ],
            complete=len(parties) > 0 and all(map(plain.says_who, parties)),
        )
    )


class _Plain:
    """A plain announcement, read only where pydantic found nothing to complain about."""

    def __init__(self, value: object, faults: Mapping[Steps, str]) -> None:
        self._value = value
        self._faults = faults
        self._doubtful = {
            path[:2]
            for path, kind in faults.items()
            if len(path) == 3 and (path[2] in ("ticker", "name") or kind == "extra_forbidden")
        }

    def at(self, *path: str | int) -> object:
        """Return what stands at `path`, None where that, or what holds it, is faulty."""
        value = self._value
        for depth, step in enumerate(path, start=1):
            if path[:depth] in self._faults:
                return None
            if isinstance(value, Mapping):
                value = value.get(str(step))
            else:
                value = value[int(step)] if isinstance(value, list) else None
        return value

    def text(self, *path: str | int) -> str | None:
        found = self.at(*path)
        return found if isinstance(found, str) else None

    def size(self, name: str) -> int:
        found = self.at(name)
        return len(found) if isinstance(found, list) else 0

    def says_who(self, place: int) -> bool:
        """Whether a party's ticker and name are as they were meant: neither faulty nor misspelt."""
        path = ("parties", place)
        return path not in self._doubtful and isinstance(self.at(*path), Mapping)

    def unnamed(self, place: int) -> bool:
        who = (self.at("parties", place, name) for name in ("ticker", "name"))
        return self.says_who(place) and not any(who)


def _of_timing(facts: Facts) -> Iterator[Finding]:
    timed = isinstance(facts.announced, dt.datetime)
    for name in ("session", "probable_session"):
        if timed and getattr(facts, name):
            yield (name,), f"`{name}` is for a bare date; `announced` already has the hour"
    if not timed and facts.probable_session and facts.session not in (None, "unknown"):
        yield (
            ("probable_session",),
            f"`probable_session` is for an unknown hour, but the session is {facts.session}",
        )


def _of_claims(facts: Facts) -> Iterator[Finding]:
    for place, twice in _repeated(facts.tickers):
        yield ("parties", place, "ticker"), f"{twice} is a party already"
    for place, key in _repeated([key for key, _ in facts.claims]):
        yield ("claims", place, "id"), f"another claim is called `{key}`"
    for place, (name, ticker) in enumerate(facts.claims):
        if facts.complete and ticker is not None and ticker not in facts.tickers:
            called = f"claim `{name}`" if name else "the claim"
            yield ("claims", place, "ticker"), f"{called} is about {ticker}, which is no party"


def _repeated(values: Iterable[str | None]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for place, value in enumerate(values):
        if value is not None and value in seen:
            yield place, value
        elif value is not None:
            seen.add(value)
