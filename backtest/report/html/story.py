"""The report as figures and texts, in the order in which it is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from backtest.notation import span
from backtest.report._lookup import look_up
from backtest.report.html.answer import Answer, answer
from backtest.report.html.drawing import Drawing
from backtest.report.html.event import Page, main_of, page_of
from backtest.report.html.figures import Figure, Figures, quickly
from backtest.report.html.ledger import Ledger, ledger
from backtest.report.html.pictures import Painter, here
from backtest.report.html.receipt import Receipt, receipt
from backtest.report.html.samples import Group, groups
from backtest.report.html.standing import SMALL_CALENDAR, Path, paths
from backtest.results.follow import Followed, Inputs, follow

if TYPE_CHECKING:
    from backtest.events.schema import Announcement
    from backtest.results.result import StudyResult

SHOWN = 60
"""Events with a page each; of a larger study the strongest reactions have one."""

STRONGEST = 20
LISTED = 500
"""Events in the table of a larger study."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One event of the table of a large study: its strongest reaction over the first CAR window."""

    event: str
    title: str
    date: dt.date
    ticker: str
    car: float
    t: float
    p: float
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the page shows.

    Attributes:
        result: the study.
        asked: what was asked, as name and text.
        answer: the headline, None where nothing was found.
        ledger, receipt, groups: claims, coverage, sample tests.
        timeline, sample: charts.
        pages: events shown one by one.
        listed: the strongest events of a study too large to show all.
        events: how many there are.
        figures: the specifications of all charts.
    """

    result: StudyResult
    asked: list[tuple[str, str]]
    answer: Answer | None
    ledger: Ledger
    receipt: Receipt
    groups: list[Group]
    timeline: Figure | None
    sample: list[Figure]
    pages: list[Page]
    listed: list[Listed]
    events: int
    figures: Figures = field(default_factory=Figures)


def story(
    result: StudyResult,
    inputs: Inputs,
    provider: str,
    told: Sequence[Announcement] = (),
    paint: Painter = here,
) -> Story:
    """Put a report together.

    Args:
        result: the study.
        inputs: what it was made from.
        provider: key of the price source.
        told: the announcements as they were written, where there are files of them.
        paint: makes the static pictures.
    """
    headlines = list(result.headlines.iter_rows(named=True))
    large = len(headlines) > SHOWN
    listed = _strongest(result) if large else []
    shown = [one.event for one in listed[:STRONGEST]] if large else None
    followed = follow(result, inputs, shown)
    chosen = [one for one in headlines if shown is None or one["event_id"] in set(shown)]
    lookup = look_up(result, [one["event_id"] for one in chosen])
    claims = ledger(result, told)
    mains = {one["event_id"]: main_of(lookup, one["event_id"]) for one in chosen}
    ways = _ways(result, followed, {event: main for event, main in mains.items() if main})
    by_id = {event.id: event for event in told}
    pages = [
        page_of(number, one, result, lookup, claims, ways, by_id.get(one["event_id"]))
        for number, one in enumerate(chosen, start=1)
    ]
    figures = Figures(paint)
    drawing = Drawing(result, followed, ways, figures)
    anchors = {page.id: page.anchor for page in pages}
    with quickly():
        return Story(
            result=result,
            asked=asked(result, followed.prices_end),
            answer=answer(result),
            ledger=claims,
            receipt=receipt(result, provider, followed.last, followed.prices_end),
            groups=groups(result),
            timeline=drawing.timeline(pages),
            sample=drawing.sample(),
            pages=[
                replace(page, figures=drawing.of_event(page), value=drawing.value(page))
                for page in pages
            ],
            listed=[replace(one, anchor=anchors.get(one.event)) for one in listed[:LISTED]],
            events=len(headlines),
            figures=figures,
        )


def charts_of(result: StudyResult) -> int:
    """Return about how many charts a report has."""
    events = len(result.headlines)
    return 5 * (events if events <= SHOWN else STRONGEST)


def asked(result: StudyResult, prices_end: dt.date | None) -> list[tuple[str, str]]:
    """Return what was asked, as the front page lists it."""
    spec, source = result.spec, result.provenance
    several = f"; the report shows {spec.models[0]}" if len(spec.models) > 1 else ""
    last = str(prices_end or source.prices_to or "")
    read = f", read to {last}" if last not in source.prices else ""
    found = {
        "Events": source.events,
        "Prices": source.prices + read,
        "Model": f"{', '.join(spec.models)} on {spec.benchmark}, {spec.returns} returns{several}",
        "Measure": spec.measure if spec.measure != "return" else "",
        "Factors": "; ".join(part for part in ("+".join(spec.factors), source.factors) if part),
        "Sectors": source.sectors or "",
        "Estimated on": f"sessions {span(spec.estimation)}, at least {spec.min_obs} of them",
        "Event window": f"sessions {span(spec.window)}, {spec.missing} about missing days",
        "CAR windows": ", ".join(map(span, spec.cars)),
        "Sample tests": ", ".join(spec.tests),
        "Engine": source.engine,
    }
    return [(name, text) for name, text in found.items() if text]


def _strongest(result: StudyResult) -> list[Listed]:
    """Return each event's strongest reaction over the first CAR window, the strongest first."""
    import polars as pl

    first = result.spec.cars[0]
    ranked = (
        result.cars.filter(
            ~pl.col("alternative"),
            pl.col("model") == result.spec.models[0],
            pl.col("start") == first.start,
            pl.col("end") == first.end,
            pl.col("t").is_not_null(),
        )
        .sort(pl.col("t").abs(), descending=True, maintain_order=True)
        .unique("event_id", keep="first", maintain_order=True)
        .head(LISTED)
    )
    main = result.observations.filter(~pl.col("alternative")).select(
        "event_id", "ticker", "session"
    )
    joined = ranked.join(main, on=["event_id", "ticker"], how="left", maintain_order="left").join(
        result.headlines.select("event_id", "title"),
        on="event_id",
        how="left",
        maintain_order="left",
    )
    return [
        Listed(
            row["event_id"],
            row["title"] or row["event_id"],
            row["session"],
            row["ticker"],
            row["car"],
            row["t"],
            row["p"],
            None,
        )
        for row in joined.iter_rows(named=True)
    ]


def _ways(
    result: StudyResult, followed: Followed, mains: Mapping[str, str]
) -> Mapping[tuple[str, str], Path]:
    """Follow reactions to later sessions and events; only returns have something to keep."""
    if result.spec.measure != "return" or followed.rows.is_empty():
        return {}
    rows = followed.rows.rows()
    first: dict[str, dt.date] = {}
    parties: dict[str, set[str]] = {}
    for event, ticker, session in rows:
        first.setdefault(event, session)
        parties.setdefault(event, set()).add(ticker)
    everyone = len(result.headlines) <= SMALL_CALENDAR
    later = {
        event: [
            (day, other)
            for other, day in first.items()
            if day > first[event] and (everyone or mains.get(event) in parties[other])
        ]
        for event in first
    }
    return paths(followed, later, mains, lenient=result.spec.missing == "lenient")
