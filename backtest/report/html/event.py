"""What an event's page shows, as figures and texts; the templates put them into HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backtest.report._lookup import Key, Lookup, Row, key_of
from backtest.report.html.ledger import Entry, Ledger
from backtest.report.html.spillover import Board, Share, board
from backtest.report.html.standing import Path, Standing
from backtest.report.html.told import Told, what_is_told
from backtest.valuation.currency import currency_unit

if TYPE_CHECKING:
    from backtest.events.schema import Announcement
    from backtest.report.html.figures import Figure
    from backtest.results.result import StudyResult


@dataclass(frozen=True, slots=True)
class Line:
    """One party and candidate session: figures as decimals, money and p-values.

    Attributes:
        cars: CAR and p by window, in the study's order.
        at: what stood after so many sessions, where it is known.
    """

    ticker: str
    role: str
    note: str | None
    session: dt.date
    alternative: bool
    returned: float | None
    abnormal: float | None
    t: float | None
    p: float | None
    sq: float | None
    cars: list[tuple[float | None, float | None]]
    change: float | None
    peak: float | None
    worth: float | None
    multiple: float | None
    currency: str
    at: list[Standing]


@dataclass(frozen=True, slots=True)
class Page:
    """One event.

    Attributes:
        anchor: its place in the page.
        id, title, reaction: as the calendar and the session clock tell.
        main: the party the charts are about; None where nothing could be studied.
        lines, others: parties on the main session, and on the second candidate.
        absent: parties that have no result, with the reason.
        why: why nothing was studied at all, where that is so.
        later: how much of the main party's gain stood at later events.
        told: what the announcement says of itself.
        figures, value: the charts, put in when all of it is known.
    """

    anchor: str
    id: str
    title: str
    reaction: str
    date: dt.date | None
    main: Line | None
    lines: list[Line]
    others: list[Line]
    absent: list[tuple[str, str]]
    why: str | None
    board: Board | None
    claims: list[Entry]
    later: list[Standing]
    told: Told
    figures: list[Figure] = field(default_factory=list)
    value: Figure | None = None


def page_of(
    number: int,
    headline: Row,
    result: StudyResult,
    lookup: Lookup,
    claims: Ledger,
    paths: Mapping[tuple[str, str], Path],
    told: Announcement | None,
) -> Page:
    """Gather one event's page, without its figures.

    Args:
        number: its place, for the anchor.
        headline: its row of `headlines`.
        result: the study.
        lookup: its rows.
        claims: the ledger.
        paths: what stood later, by event and ticker.
        told: the announcement as it was written, where there is one.
    """
    event = headline["event_id"]
    notes = {party.ticker: party.note for party in told.parties} if told else {}
    studied = lookup.studied(event)
    lines = [
        _line(one, result, lookup, paths.get((event, one["ticker"])), notes) for one in studied
    ]
    mains = [line for line in lines if not line.alternative]
    name = main_of(lookup, event)
    main = next((line for line in mains if line.ticker == name), None)
    way = paths.get((event, main.ticker)) if main else None
    excluded = lookup.excluded.get(event, [])
    return Page(
        anchor=f"event-{number}",
        id=event,
        title=headline["title"] or event,
        reaction=headline["reaction"] or "",
        date=main.session if main else _first_session(lookup, event),
        main=main,
        lines=mains,
        others=[line for line in lines if line.alternative],
        absent=_absent(excluded, told),
        why=None if lines else _why(excluded),
        board=board(_shares(mains)),
        claims=claims.of(event),
        later=way.later if way else [],
        told=what_is_told(told),
    )


def main_of(lookup: Lookup, event: str) -> str | None:
    """Return the party an event is about: the first with an abnormal return on the event day."""
    mains = [one for one in lookup.studied(event) if not one["alternative"]]
    known = [one for one in mains if lookup.day0.get(key_of(one), {}).get("abnormal") is not None]
    return next((one["ticker"] for one in known or mains), None)


def _first_session(lookup: Lookup, event: str) -> dt.date | None:
    return next((one["session"] for one in lookup.parties.get(event, [])), None)


def _line(
    one: Row,
    result: StudyResult,
    lookup: Lookup,
    way: Path | None,
    notes: Mapping[str | None, str | None],
) -> Line:
    key: Key = key_of(one)
    day, cap, cars = lookup.day0.get(key, {}), lookup.caps.get(key, {}), lookup.cars[key]
    at_zero = cars.get((0, 0), {})
    own = [cars.get((car.start, car.end), {}) for car in result.spec.cars]
    worth, value = cap.get("abnormal_change"), one["deal_value"]
    return Line(
        ticker=one["ticker"],
        role=one["role"] or "party",
        note=notes.get(one["ticker"]),
        session=one["session"],
        alternative=one["alternative"],
        returned=day.get("return"),
        abnormal=day.get("abnormal"),
        t=day.get("sar"),
        p=at_zero.get("p"),
        sq=lookup.tests.get(key, {}).get("sq"),
        cars=[(car.get("car"), car.get("p")) for car in own],
        change=cap.get("change"),
        peak=cap.get("peak_change"),
        worth=worth,
        multiple=worth / value if worth is not None and value else None,
        currency=currency_unit(one["currency"])[0],
        at=way.at if way and not one["alternative"] else [],
    )


def _shares(lines: Sequence[Line]) -> list[Share]:
    return [
        Share(line.ticker, line.role, line.abnormal, line.p, line.worth, line.currency)
        for line in lines
        if line.abnormal is not None
    ]


def _absent(excluded: Sequence[Row], told: Announcement | None) -> list[tuple[str, str]]:
    """Return who is missing and why: left out by the study, or not listed at all."""
    reasons: dict[str, list[str]] = {}
    for row in (one for one in excluded if one["stage"] != "valuation"):
        reasons.setdefault(row["reason"], []).append(row["ticker"])
    found = [(", ".join(dict.fromkeys(names)), reason) for reason, names in reasons.items()]
    private = [party for party in told.parties if party.ticker is None] if told else []
    return found + [(f"{one.name} ({one.role})", "not listed: no price") for one in private]


def _why(excluded: Sequence[Row]) -> str:
    reasons = list(dict.fromkeys(row["reason"] for row in excluded))
    return "; ".join(reasons[:3]) if reasons else "it names no listed party"
