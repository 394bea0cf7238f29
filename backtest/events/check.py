"""Looking a whole calendar over for what is allowed but deserves a second look.

What breaks the schema never gets here. Every finding is a `Problem` with its place; its code says
how grave it is.
"""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from backtest.errors import Problem
from backtest.events.check_sessions import Timeline
from backtest.events.consistency import Steps
from backtest.events.faults import dotted
from backtest.events.loaded import LoadedAnnouncement
from backtest.events.places import Places
from backtest.events.reactions import Clocks
from backtest.events.schema import Announcement, Source
from backtest.spec import Window

Severity = Literal["warning", "note"]

_NOTES = frozenset({"no-session-that-day"})
_COMMON = 3
"""A word used this often is common."""
_NEAR = 0.8


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in one announcement, before its place is looked up."""

    item: LoadedAnnouncement
    path: Steps
    code: str
    message: str
    hint: str | None = None


def severity(problem: Problem) -> Severity:
    """Return how grave a finding is; a note says what was decided and asks for nothing."""
    return "note" if problem.code in _NOTES else "warning"


def check(
    loaded: Sequence[LoadedAnnouncement],
    clocks: Clocks,
    *,
    window: Window = Window(-10, 10),  # noqa: B008 (frozen)
    known_tickers: Collection[str] | None = None,
) -> list[Problem]:
    """Return all findings of a calendar in the order of its files.

    Args:
        loaded: the calendar.
        clocks: session clock of an exchange.
        window: event window in sessions, for overlaps and confounders.
        known_tickers: securities with prices; None leaves this check out.
    """
    timeline = Timeline(loaded, clocks, window)
    findings = [
        *_missing_sources(loaded),
        *_near_misses(loaded),
        *_unknown_tickers(loaded, known_tickers),
        *(Finding(*told) for told in timeline.findings()),
    ]
    order = {item: place for place, item in enumerate(loaded)}
    places = Places()
    return [
        Problem(
            found.code,
            found.message,
            places.of(found.item, found.path),
            dotted(found.path) or None,
            found.hint,
        )
        for found in sorted(findings, key=lambda found: order[found.item])
    ]


def _missing_sources(loaded: Iterable[LoadedAnnouncement]) -> Iterator[Finding]:
    for item in loaded:
        event = item.announcement
        if not event.sources:
            hint = "add `sources: [{title: …, publisher: …, date: …, url: …}]`"
            yield Finding(item, (), "missing-source", "the announcement names no source", hint)
        for place, claim in enumerate(event.claims):
            if not _traceable(claim.source):
                path = ("claims", place, "source")
                message = "the claim's source has neither publisher nor address"
                yield Finding(item, path, "missing-source", message, "say who claimed it")


def _traceable(source: Source) -> bool:
    return bool(source.publisher or source.url)


_VOCABULARIES: dict[str, Callable[[Announcement], Iterator[tuple[Steps, str | None]]]] = {
    "role": lambda event: (
        (("parties", place, "role"), party.role) for place, party in enumerate(event.parties)
    ),
    "tag": lambda event: ((("tags", place), tag) for place, tag in enumerate(event.tags)),
    "financing": lambda event: iter([(("deal", "financing"), event.deal.financing)]),
    "binding": lambda event: iter([(("deal", "binding"), event.deal.binding)]),
}


def _near_misses(loaded: Sequence[LoadedAnnouncement]) -> Iterator[Finding]:
    """Yield words used once that look like a common one: more often a slip than a new word."""
    for noun, words in _VOCABULARIES.items():
        uses = [
            (item, path, word)
            for item in loaded
            for path, word in words(item.announcement)
            if word is not None
        ]
        counts = Counter(word for _, _, word in uses)
        common = [word for word, count in counts.items() if count >= _COMMON]
        for item, path, word in uses:
            near = difflib.get_close_matches(word, common, n=1, cutoff=_NEAR)
            if counts[word] == 1 and near:
                message = (
                    f"the {noun} `{word}` is used only here, `{near[0]}` {counts[near[0]]} times"
                )
                yield Finding(item, path, "rare-word", message, f"did you mean `{near[0]}`?")


def _unknown_tickers(
    loaded: Sequence[LoadedAnnouncement], known: Collection[str] | None
) -> Iterator[Finding]:
    """Yield every ticker without prices once, where it first occurs."""
    if known is None:
        return
    uses: dict[str, list[tuple[LoadedAnnouncement, int]]] = defaultdict(list)
    for item in loaded:
        for place, party in enumerate(item.announcement.parties):
            if party.ticker is not None and party.ticker not in known:
                uses[party.ticker].append((item, place))
    for ticker, found in uses.items():
        item, place = found[0]
        others = f" ({len(found)} announcements name it)" if len(found) > 1 else ""
        near = difflib.get_close_matches(ticker, known, n=1, cutoff=_NEAR)
        hint = f"did you mean `{near[0]}`?" if near else f"`backtest prices pull {ticker}`"
        message = f"no prices for {ticker}{others}"
        yield Finding(item, ("parties", place, "ticker"), "unknown-ticker", message, hint)
