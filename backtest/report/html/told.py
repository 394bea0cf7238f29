"""What an announcement says of itself: the deal, its sources, and other news near it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backtest.notation import money
from backtest.report.html.links import safe_url

if TYPE_CHECKING:
    from backtest.events.schema import Announcement, Source


@dataclass(frozen=True, slots=True)
class Reading:
    """A source: its title, where it was read, and its address where that may be a link."""

    title: str
    detail: str
    url: str | None


@dataclass(frozen=True, slots=True)
class News:
    """A confounder: other news near the reaction."""

    date: dt.date
    what: str
    tickers: str


@dataclass(frozen=True, slots=True)
class Told:
    """Texts of an announcement, none of them checked; empty for rows of a bulk table."""

    deal: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    notes: str | None = None
    news: list[News] = field(default_factory=list)
    sources: list[Reading] = field(default_factory=list)


def what_is_told(event: Announcement | None) -> Told:
    """Return the texts of an announcement."""
    if event is None:
        return Told()
    facts = {"Announced by": event.announcer, "Hour": event.timing, "Tags": ", ".join(event.tags)}
    return Told(
        _deal(event),
        [(name, text) for name, text in facts.items() if text],
        event.notes,
        [News(one.date, one.what, ", ".join(one.tickers)) for one in event.confounders],
        [_reading(one) for one in event.sources],
    )


def _reading(source: Source) -> Reading:
    grade = f"grade {source.grade}" if source.grade else None
    parts = (source.publisher, source.date and str(source.date), grade)
    return Reading(source.title, ", ".join(part for part in parts if part), safe_url(source.url))


def _deal(event: Announcement) -> list[tuple[str, str]]:
    deal = event.deal
    found = {
        "Value": money(deal.value, deal.currency, signed=False) if deal.value is not None else None,
        "Term": f"{deal.years:g} year{'s' * (deal.years != 1)}" if deal.years else None,
        "Financing": deal.financing,
        "Firmness": deal.binding,
        "What it covers": deal.note,
    }
    return [(name, text) for name, text in found.items() if text]
