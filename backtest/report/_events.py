"""One table an event: what each security did, how sure that is, and the dollars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from backtest.events.sessions import day_name
from backtest.report._cells import MEANINGS, cells, columns
from backtest.report._claims import claim_line
from backtest.report._grid import Grid
from backtest.report._lines import beside, hanging, no_room, row
from backtest.report._lookup import Lookup, Row, look_up
from backtest.report._partial import partial_cars
from backtest.results.place import SECOND

if TYPE_CHECKING:
    from rich.console import RenderableType

    from backtest.results.result import StudyResult


MOST = 20
"""Names printed for a reason, and reasons, when events are left out."""


def event_blocks(result: StudyResult, events: list[str], width: int) -> Iterator[RenderableType]:
    """Yield what is printed for each event: its headline, its table, its claims, who is missing.

    Events without a title of their own, such as those of a bulk table, share one table.
    """
    from rich.text import Text

    lookup = look_up(result, events)
    named = result.headlines.filter(result.headlines["event_id"].is_in(events))
    titles = {one["event_id"]: one for one in named.iter_rows(named=True)}
    plain = all(titles[event]["title"] == event for event in events)
    shown = [one for event in events for one in lookup.studied(event)]
    laid = Grid.fitted(
        columns(result.spec, plain=plain, partial=lookup.any_partial),
        (cells(o, result.spec, lookup) for o in shown),
        width,
    )
    if shown:
        yield reading(laid)
        if laid.hidden:
            yield no_room(laid.hidden)
    if plain:
        yield from _together(result, shown, lookup, laid)
        return
    for event in events:
        yield Text()
        yield from headline(titles[event], width)
        yield from _event(result, event, lookup, laid)


def event_page(
    result: StudyResult, event: str, width: int, drawn: Iterable[RenderableType]
) -> Iterator[RenderableType]:
    """Yield what is printed for one event alone; `drawn` stands between headline and table."""
    lookup = look_up(result, [event])
    named = result.headlines.filter(result.headlines["event_id"] == event)
    studied = lookup.studied(event)
    laid = Grid.fitted(
        columns(result.spec, plain=False, partial=lookup.any_partial),
        (cells(one, result.spec, lookup) for one in studied),
        width,
    )
    yield from headline(named.row(0, named=True), width)
    yield from drawn
    yield from _event(result, event, lookup, laid)
    if studied:
        yield row("")
        yield reading(laid)
    if laid.hidden:
        yield no_room(laid.hidden, "`backtest query` asks for any figure")


def _event(result: StudyResult, event: str, lookup: Lookup, laid: Grid) -> Iterator[RenderableType]:
    """Yield an event's table, its claims, and who is missing."""
    yield from _table(result, event, lookup, laid)
    yield from partial_cars(lookup.studied(event), lookup, named=False)
    yield from _unvalued(event, lookup)
    yield from (claim_line(claim, lookup) for claim in lookup.claims.get(event, []))
    yield from _left_out(lookup.excluded.get(event, []))


def reading(laid: Grid) -> RenderableType:
    """Say what the columns mean that are shown."""
    heads = [column.name for column in laid.columns]
    said = [
        f"{name} {meaning}"
        for name, meaning in MEANINGS.items()
        if name in heads or (name == "CAR" and any(head.startswith("CAR ") for head in heads))
    ]
    return beside([(("columns   ", ""), [("; ".join(said), "")])])


def _together(
    result: StudyResult, shown: list[Row], lookup: Lookup, laid: Grid
) -> Iterator[RenderableType]:
    yield row("")
    if shown:
        yield row(laid.header(), "dim")
    for one in shown:
        style = "dim" if one["alternative"] else ""
        yield row(laid.line(cells(one, result.spec, lookup)), style)
    yield from partial_cars(shown, lookup, named=True)
    lost = result.excluded.filter(result.excluded["stage"] != "valuation")
    named = ({**one, "ticker": f"{one['event_id']} {one['ticker']}"} for one in lost.to_dicts())
    yield from _left_out(named)


def headline(event: dict[str, Any], width: int) -> Iterator[RenderableType]:
    """Yield an event's title, id and the sentence on when it was announced and which day reacts."""
    from rich.text import Text

    yield Text(event["title"], style="bold")
    told = [part for part in (event["event_id"], event["reaction"]) if part]
    joined = " · ".join(told)
    yield from (Text(part, style="dim") for part in ([joined] if len(joined) <= width else told))


def _table(result: StudyResult, event: str, lookup: Lookup, laid: Grid) -> Iterator[RenderableType]:
    """Yield the rows of an event by the session they react in, second candidates last."""
    groups: dict[tuple[bool, dt.date, str], list[Row]] = {}
    for one in lookup.studied(event):
        groups.setdefault((one["alternative"], one["session"], one["exchange"]), []).append(one)
    if not groups:
        return
    yield row(laid.header(), "dim")
    mains = {session for alternative, session, _ in groups if not alternative}
    for (alternative, session, exchange), members in sorted(groups.items(), key=lambda g: g[0][0]):
        if alternative:
            yield row(f"  if it reacted {day_name(session)} instead", "dim italic")
        elif len(mains) > 1:
            yield row(f"  reacting {day_name(session)} ({exchange})", "dim italic")
        style = "dim" if alternative else ""
        yield from (row(laid.line(cells(o, result.spec, lookup)), style) for o in members)


def _left_out(excluded: Iterable[Row]) -> Iterator[RenderableType]:
    """Name who is missing by reason; a missing share count is told by `_unvalued`."""
    reasons: dict[str, dict[str, None]] = {}
    for one in excluded:
        if one["stage"] != "valuation":
            reasons.setdefault(one["reason"], {})[one["ticker"]] = None
    for reason, names in list(reasons.items())[:MOST]:
        named = ", ".join(list(names)[:MOST])
        more = f" and {len(names) - MOST:,} more" if len(names) > MOST else ""
        yield hanging(("left out", "dim"), (f"{named}{more}: {reason}", "dim"))
    if len(reasons) > MOST:
        rest = sum(len(names) for names in list(reasons.values())[MOST:])
        yield hanging(
            ("left out", "dim"),
            (f"and {rest:,} more for other reasons, in the table `excluded`", "dim"),
        )


def _unvalued(event: str, lookup: Lookup) -> Iterator[RenderableType]:
    """Say why studied securities have no market value; a second candidate only where it alone."""
    reasons: dict[str, dict[str, None]] = {}
    studied = {(one["ticker"], one["alternative"]) for one in lookup.studied(event)}
    lacking = [one for one in lookup.excluded.get(event, []) if one["stage"] == "valuation"]
    mains = {one["ticker"] for one in lacking if not one["reason"].startswith(SECOND)}
    for one in lacking:
        ticker, second = one["ticker"], one["reason"].startswith(SECOND)
        if (ticker, second) in studied and not (second and ticker in mains):
            reasons.setdefault(one["reason"], {})[ticker] = None
    for reason, names in reasons.items():
        yield hanging(("no Δ cap", "dim"), (f"{', '.join(names)}: {reason}", "dim"))
