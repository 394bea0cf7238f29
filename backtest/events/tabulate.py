"""From announcements to the event table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from backtest.contracts import EXCLUDED, Frame
from backtest.errors import BadUsage, Problem, did_you_mean
from backtest.events.reactions import Clocks, PartyReaction, party_reactions
from backtest.events.table import HEADLINES, MEMBERSHIPS, OBSERVATIONS, STATEMENTS, EventTable

if TYPE_CHECKING:
    from backtest.events.exchanges import Exchange
    from backtest.events.schema import Announcement, Claim, Deal, Party, Source

DEFAULT_GROUPINGS = ("tag", "role")


def tabulate(
    announcements: Sequence[Announcement], clocks: Clocks, group_by: Sequence[str] = ()
) -> EventTable:
    """Turn announcements into observations, one for each listed party and candidate session.

    Args:
        announcements: the events, in the order they are reported.
        clocks: session clock by exchange.
        group_by: groupings of the sample tests (tag, role, financing, binding, or an attribute);
            default tag and role.

    Raises:
        BadUsage: a grouping that no announcement knows.
    """
    import polars as pl

    groupings = tuple(group_by) or DEFAULT_GROUPINGS
    check_groupings(groupings, announcements)
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("observations", "memberships", "statements", "headlines", "excluded")
    }
    for announcement in announcements:
        _add(announcement, clocks, groupings, rows)

    def made(frame: Frame) -> pl.DataFrame:
        return pl.DataFrame(rows[frame.name], schema=frame.schema(), orient="row")

    return EventTable.of(
        observations=made(OBSERVATIONS),
        memberships=made(MEMBERSHIPS),
        statements=made(STATEMENTS),
        headlines=made(HEADLINES),
        excluded=made(EXCLUDED),
    )


def _add(
    announcement: Announcement,
    clocks: Clocks,
    groupings: Sequence[str],
    rows: dict[str, list[dict[str, Any]]],
) -> None:
    reactions = list(party_reactions(announcement, clocks))
    for one in reactions:
        party = announcement.parties[one.place]
        key = {"event_id": announcement.id, "ticker": one.ticker}
        if isinstance(one.found, Problem) or one.clock is None:
            rows["excluded"].append({**key, "stage": "sessions", "reason": one.sentence})
            continue
        exchange = one.clock.exchange
        for session, alternative in ((one.found.main, False), (one.found.alternative, True)):
            if session is not None:
                rows["observations"].append(
                    {
                        **key,
                        "alternative": alternative,
                        "session": session,
                        "exchange": exchange.mic,
                        "currency": exchange.currency,
                        "role": party.role,
                        "deal_value": _deal_value(announcement.deal, exchange),
                    }
                )
        groups = dict.fromkeys(_groups(announcement, party, groupings))
        rows["memberships"].extend({**key, "group": group} for group in groups)
    rows["statements"].extend(_statement(announcement, claim) for claim in announcement.claims)
    rows["headlines"].append(
        {
            "event_id": announcement.id,
            "title": announcement.title,
            "announced": _announced(announcement.announced),
            "reaction": _told(reactions),
        }
    )


def _told(reactions: Sequence[PartyReaction]) -> str:
    """Say which session reacts; the first party's in full, then others that differ."""
    if not reactions:
        return ""
    told: dict[str, list[str]] = {}
    for one in reactions:
        told.setdefault(one.sentence.rpartition("→ ")[2], []).append(one.ticker)
    _, *others = told.items()
    more = [f"{', '.join(tickers)} {reacts}" for reacts, tickers in others]
    return "; ".join([reactions[0].sentence, *more])


def _deal_value(deal: Deal, exchange: Exchange) -> float | None:
    """Return a deal's value where it is in the currency of the listing: nothing is converted."""
    return deal.value if deal.currency == exchange.currency.upper() else None


def _groups(announcement: Announcement, party: Party, groupings: Iterable[str]) -> Iterator[str]:
    for name in groupings:
        for value in _values(announcement, party, name):
            if value is not None:
                yield f"{name}:{value}"


def _values(announcement: Announcement, party: Party, name: str) -> Iterable[object]:
    """Return what an observation is under one grouping; an attribute where it is no field."""
    match name:
        case "tag":
            return announcement.tags
        case "role":
            return (party.role,)
        case "financing" | "binding":
            return (getattr(announcement.deal, name),)
    return (party.attributes.get(name, announcement.attributes.get(name)),)


def check_groupings(groupings: Iterable[str], announcements: Sequence[Announcement]) -> None:
    """Refuse a grouping that no announcement knows.

    Raises:
        BadUsage: with the groupings there are.
    """
    known = {"tag", "role", "financing", "binding"}
    for announcement in announcements:
        known.update(announcement.attributes)
        for party in announcement.parties:
            known.update(party.attributes)
    refuse_unknown_groupings(groupings, known)


def refuse_unknown_groupings(groupings: Iterable[str], known: Iterable[str]) -> None:
    """Raise BadUsage that names every grouping not among `known`."""
    there = sorted(known)
    problems = [
        Problem(
            "unknown-grouping",
            f"nothing is known by `{name}`; there are: {', '.join(there)}",
            field="group-by",
            hint=did_you_mean(name, there),
        )
        for name in groupings
        if name not in there
    ]
    if problems:
        raise BadUsage(problems)


def _statement(announcement: Announcement, claim: Claim) -> dict[str, Any]:
    return {
        "event_id": announcement.id,
        "claim_id": claim.id,
        "ticker": claim.ticker,
        "quantity": claim.quantity,
        "basis": claim.basis,
        "start": claim.window[0],
        "end": claim.window[1],
        "value": claim.value,
        "tolerance": claim.tolerance,
        "comparison": claim.comparison,
        "says": claim.says,
        "source": cite(claim.source),
    }


def cite(source: Source) -> str:
    """Return one line: publisher, title, date, address as far as known."""
    parts = (source.publisher, source.title, str(source.date or ""), source.url)
    return ", ".join(part for part in parts if part)


def _announced(moment: dt.date | dt.datetime) -> str:
    if isinstance(moment, dt.datetime):
        return moment.isoformat(sep=" ", timespec="minutes")
    return moment.isoformat()
