"""Announcements as text for a terminal, a pipe, or another program."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from backtest.events.compose import plain
from backtest.events.exchanges import EXCHANGES, codes_of
from backtest.events.loaded import LoadedAnnouncement
from backtest.events.schema import Announcement, Claim, Deal, Party, Source
from backtest.events.yaml_emit import scalar

_LABEL = 13
_READABLE = 100


def width() -> int | None:
    """Return what COLUMNS says, else the terminal's width; None for a pipe: nothing is cut."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return int(columns)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def moment(event: Announcement) -> str:
    """Write when it was announced as far as known: `2025-09-09 16:05-04:00`, `2025-10-06 pre`."""
    if isinstance(event.announced, dt.datetime):
        return event.announced.isoformat(sep=" ", timespec="minutes")
    return f"{event.announced} {event.session or 'unknown'}"


def tickers(event: Announcement) -> list[str]:
    """Return the listed parties."""
    return [party.ticker for party in event.parties if party.ticker]


def row(item: LoadedAnnouncement) -> dict[str, Any]:
    """Return an announcement as a row of the list."""
    event = item.announcement
    return {
        "event_id": event.id,
        "announced": event.announced.isoformat(),
        "session": event.session,
        "title": event.title,
        "tickers": tickers(event),
        "roles": [party.role for party in event.parties if party.ticker],
        "tags": list(event.tags),
        "file": str(item.location.path),
        "line": item.location.line,
    }


def listing(items: Sequence[LoadedAnnouncement], columns: int | None) -> Iterator[str]:
    """Yield the lines of the list: announced, id, title, tickers; two lines each if narrow."""
    header = ("announced", "id", "title", "tickers")
    rows = [
        (moment(event), event.id, event.title, " ".join(tickers(event)))
        for event in (item.announcement for item in items)
    ]
    when, key, title, _ = (max(map(len, column)) for column in zip(header, *rows, strict=True))
    room = None if columns is None else columns - when - key - 4
    if room is not None and room < 40:
        for announced, name, headline, listed in rows:
            yield _cut(f"{announced:<{when}}  {name}", columns)
            yield _cut(f"    {headline} · {listed}", columns)
        return
    if room is not None:
        title = min(title, room - min(24, room // 3) - 2)
    for announced, name, headline, listed in (header, *rows):
        start = f"{announced:<{when}}  {name:<{key}}  {_cut(headline, title):<{title}}"
        yield _cut(f"{start}  {listed}", columns)


def page(item: LoadedAnnouncement, reactions: Sequence[str], columns: int | None) -> Iterator[str]:
    """Yield everything about one announcement; `reactions` say which sessions react."""
    event = item.announcement
    space = min(columns or _READABLE, _READABLE)
    yield event.id
    yield from textwrap.wrap(event.title, space)
    yield ""
    sections: list[tuple[str, Iterable[str]]] = [
        ("announced", [moment(event)]),
        ("reacts", reactions),
        ("timing", _some(event.timing)),
        ("announcer", _some(event.announcer)),
        ("parties", _parties(event.parties)),
        ("deal", _deal(event.deal)),
        ("attributes", _attributes(event.attributes)),
        ("claims", (line for claim in event.claims for line in _claim(claim))),
        ("confounders", (_confounder(found) for found in plain(event).get("confounders", []))),
        ("tags", _some(", ".join(event.tags))),
        ("sources", map(cited, event.sources)),
        ("notes", _some(event.notes)),
        ("file", [str(item.location)]),
    ]
    for label, lines in sections:
        yield from _section(label, lines, space)


def cited(source: Source) -> str:
    """Return a source in one line."""
    grade = f"grade {source.grade}" if source.grade else ""
    parts = (source.publisher, source.title, str(source.date or ""), grade, source.url)
    return ", ".join(part for part in parts if part)


def _section(label: str, lines: Iterable[str], space: int) -> Iterator[str]:
    margin = " " * _LABEL
    start = f"{label:<{_LABEL}}"
    for line in lines:
        indent = margin + " " * (len(line) - len(line.lstrip()) + 2)
        yield from textwrap.wrap(
            line,
            space,
            initial_indent=start,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        start = margin


def _some(text: str | None) -> list[str]:
    return text.splitlines() if text else []


def _parties(parties: Sequence[Party]) -> Iterator[str]:
    name = max(len(party.ticker or party.name or "") for party in parties)
    role = max(len(party.role) for party in parties)
    for party in parties:
        also = party.name if party.ticker else None
        about = "; ".join(part for part in (also, party.exchange, party.note) if part)
        figures = ", ".join(_attributes(party.attributes))
        rest = "  ".join(part for part in (about, figures) if part)
        yield f"{party.ticker or party.name:<{name}}  {party.role:<{role}}  {rest}".rstrip()


def _deal(deal: Deal) -> Iterator[str]:
    if deal.value is not None:
        years = f" over {_years(deal.years)}" if deal.years else ""
        yield f"{money(deal.value)} {deal.currency}{years}"
    elif deal.years:
        yield _years(deal.years)
    kinds = (deal.financing and f"financing: {deal.financing}", deal.binding)
    yield from _some(", ".join(kind for kind in kinds if kind))
    yield from _some(deal.note)


def _years(term: float) -> str:
    return f"{term:g} year{'' if term == 1 else 's'}"


def _attributes(attributes: dict[str, Any]) -> Iterator[str]:
    for name, value in attributes.items():
        yield f"{name} = {scalar(value)}"


def _claim(claim: Claim) -> Iterator[str]:
    start, end = claim.window
    when = "on day 0" if start == end == 0 else f"over days {start} to {end}"
    value = f"{claim.value:+.2%}" if claim.quantity == "return" else money(claim.value)
    how = {"about": "", "at_least": "at least ", "at_most": "at most "}[claim.comparison]
    yield f"{claim.id}: {claim.says}"
    what = f"{claim.ticker} {claim.quantity} {how}{value} ({claim.basis}, {when})"
    yield f"  {what}, tolerance {claim.tolerance:.1%}"
    yield f"  {cited(claim.source)}"


def _confounder(confounder: dict[str, Any]) -> str:
    listed = f" ({', '.join(confounder['tickers'])})" if confounder.get("tickers") else ""
    return f"{confounder['date']} {confounder['what']}{listed}"


def money(value: float) -> str:
    """Write an amount in the largest unit that leaves at least one whole digit."""
    for size, unit in ((1e12, " trillion"), (1e9, " bn"), (1e6, " m")):
        if abs(value) >= size:
            return f"{value / size:,.10g}{unit}"
    return f"{value:,.10g}"


def markets() -> Iterator[str]:
    """Yield the table of exchanges; a suffix or code stands for all others of its line."""
    header = ("suffixes", "codes", "currency", "time zone")
    rows = [
        (
            " ".join(f".{suffix}" for suffix in exchange.suffixes if suffix) or "(none)",
            " ".join(codes_of(exchange)),
            exchange.currency,
            exchange.zone,
        )
        for exchange in EXCHANGES
    ]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for line in (header, *rows):
        padded = (f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _cut(text: str, columns: int | None) -> str:
    short = columns is not None and len(text) > columns
    return f"{text[: columns - 1].rstrip()}…" if short and columns else text.rstrip()
