"""Choosing announcements: by filters, and by the selection words of `backtest run`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from backtest.errors import BadUsage, Problem, did_you_mean
from backtest.events.loaded import LoadedAnnouncement
from backtest.events.schema import Announcement

_KINDS: dict[str, Callable[[Announcement], Iterable[str]]] = {
    "tag": lambda event: event.tags,
    "ticker": lambda event: (party.ticker for party in event.parties if party.ticker),
    "role": lambda event: (party.role for party in event.parties),
}


_LISTED = 10
"""Ids that a message names at most."""

_COMPARED = 5_000
"""Ids that a misspelt one is compared with at most, which takes a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What `events list` may be asked for; all that is given must hold.

    Of several tags, tickers or roles one is enough. `ticker` and `role` together mean a party that
    has both. Dates are the announcement's own, both ends included; `text` is looked for anywhere
    in the announcement, without regard to case.
    """

    tags: tuple[str, ...] = ()
    tickers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise BadUsage.because(
                "bad-range", f"--since {self.since} is after --until {self.until}", field="since"
            )

    def accept(self, loaded: LoadedAnnouncement) -> bool:
        """Whether the announcement passes."""
        event = loaded.announcement
        return (
            self._accepts_day(announced_day(event))
            and (not self.tags or not set(self.tags).isdisjoint(event.tags))
            and self._accepts_party(event)
            and (not self.text or self.text.casefold() in _words(event))
        )

    def _accepts_day(self, day: dt.date) -> bool:
        return (self.since or day) <= day <= (self.until or day)

    def _accepts_party(self, event: Announcement) -> bool:
        return any(
            (not self.tickers or party.ticker in self.tickers)
            and (not self.roles or party.role in self.roles)
            for party in event.parties
        )


def announced_day(event: Announcement) -> dt.date:
    """Return the calendar date of the announcement where it was made."""
    return event.announced.date() if isinstance(event.announced, dt.datetime) else event.announced


def select(loaded: Sequence[LoadedAnnouncement], words: Sequence[str]) -> list[LoadedAnnouncement]:
    """Return the announcements that any word names, in the calendar's order; all for no words.

    A word is an id, a pattern of ids (`2025-10-*`), `tag:openai`, `ticker:ORCL` or
    `role:competitor`; values may be patterns too.

    Raises:
        BadUsage: words that name nothing, all at once.
    """
    if not words:
        return list(loaded)
    chosen: set[str] = set()
    problems: list[Problem] = []
    for word in words:
        found = {item.id for item in loaded if _names(word, item)}
        chosen |= found
        if not found:
            problems.append(_unknown(word, loaded))
    if problems:
        raise BadUsage(problems)
    return [item for item in loaded if item.id in chosen]


def the_one(ids: Sequence[str], word: str) -> str:
    """Return the only id that a word names: an id, a pattern of ids, or how an id begins.

    Raises:
        BadUsage: it names none, or several.
    """
    if word in ids:
        return word
    found = [one for one in ids if fnmatchcase(one, word) or (word and one.startswith(word))]
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadUsage(_no_such(word, ids))
    listed = ", ".join(found[:_LISTED])
    more = f" and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
    raise BadUsage.because(
        "several-events",
        f"`{word}` names {len(found):,} announcements: {listed}{more}",
        field="event",
        hint="name one of them",
    )


def _no_such(word: str, ids: Sequence[str]) -> Problem:
    compared = ids if len(ids) <= _COMPARED else ()
    near = did_you_mean(word, compared) or _containing(word, ids)
    listed = f"there are: {', '.join(ids)}" if 0 < len(ids) <= _LISTED else None
    message = f"no announcement is called `{word}`"
    hint = near or listed or "`backtest events list` has the ids; in a table, its event_id"
    return Problem("unknown-event", message, field="event", hint=hint)


def _names(word: str, item: LoadedAnnouncement) -> bool:
    kind, colon, pattern = word.partition(":")
    if colon and kind in _KINDS:
        return any(fnmatchcase(value, pattern) for value in _KINDS[kind](item.announcement))
    return fnmatchcase(item.id, word)


def _unknown(word: str, loaded: Sequence[LoadedAnnouncement]) -> Problem:
    kind, colon, name = word.partition(":")
    if colon and kind not in _KINDS:
        hint = did_you_mean(kind, _KINDS) or "or an id, or a pattern of ids such as 2025-10-*"
        message = f"`{kind}:` is no kind of selection; there are: tag:, ticker:, role:"
        return Problem("unknown-selection", message, field="selection", hint=hint)
    if colon:
        known = sorted({value for item in loaded for value in _KINDS[kind](item.announcement)})
        message = f"no announcement has the {kind} `{name}`"
    else:
        known = [item.id for item in loaded]
        name = word
        message = f"no announcement is called `{word}`"
    near = did_you_mean(name, known) or _containing(name, known)
    listed = f"there are: {', '.join(known)}" if len(known) <= 20 else None
    hint = near or listed or "see `backtest events list`"
    return Problem("unknown-selection", message, field="selection", hint=hint)


def _containing(name: str, known: Iterable[str]) -> str | None:
    part = name.strip("*?").casefold()
    found = next((value for value in known if part and part in value.casefold()), None)
    return f"did you mean `{found}`?" if found else None


def _words(event: Announcement) -> str:
    """Return all text of an announcement, field names left out, for comparison without case."""
    return "\n".join(_texts(event.model_dump())).casefold()


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
