"""What is known when: the first auction that an announcement, or the reaction to it, can reach.

An announcement can be acted on in an auction that begins at least `latency` minutes after it. Of
an hour that is not known the latest is taken: after the close of the day. The reaction of a session
(its abnormal return) is known after its close, so nothing that reads it can be filled before the
next open. Entries are told in the event's own clock, which starts at the first auction that can act
on the announcement, and never come before what the rule reads is known: an earlier one has no name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from backtest.engine.arrays import Bools, Dates, Ints
from backtest.strategy.bars import CLOSE, OPEN, auction_of
from backtest.strategy.moments import REACTION, TIMED

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock

At = Literal["auction", "open", "close", "next_open"]
"""Where in the event's own clock: its first auction, open or close, or the open of the session
after that of the first auction."""

TOLD = {
    "pre": "before the open",
    "intraday": "during the session",
    "post": "after the close",
    "unknown": "hour unknown, taken as after the close",
    REACTION: "hour unknown, taken as after the close of the reaction's session",
}


def first_auctions(
    moments: pl.DataFrame, clock: SessionClock, axis: Dates, latency: float = 0.0
) -> Ints:
    """Return (n,) the first auction on `axis` that can act on each announcement.

    Args:
        moments: columns `instant`, `day`, `hour` (`moments.read_moments`).
        clock: of the exchange whose auctions they are.
        axis: (S,) sessions of the bars; an auction on no session of theirs is the next open.
        latency: minutes from the announcement to an order.

    Returns:
        2 · session + auction on the axis; 2S and more beyond its end, −1 before its first session.
    """
    session, auction = _by_hour(moments, clock)
    timed = moments["instant"].is_not_null().to_numpy()
    instants: Dates = moments["instant"].to_numpy().astype("datetime64[us]")
    when: Dates = instants + np.timedelta64(round(latency * 60e6), "us")
    reacts = clock.reacting(when)
    inside = reacts.clip(0, len(clock) - 1)
    before_open = when < clock.opens[inside].astype("datetime64[us]")
    session = np.where(timed, reacts, session)
    auction = np.where(timed, np.where(before_open, OPEN, CLOSE), auction)
    known = clock.known(session)
    dates = clock.dates[session.clip(0, len(clock) - 1)]
    place = np.searchsorted(axis, dates)
    same = axis[place.clip(0, len(axis) - 1)] == dates
    out = auction_of(place, np.where(same, auction, OPEN))
    # Beyond the clock nothing is known of auctions, before the axis there are no prices: what was
    # announced years earlier must not be traded as soon as there are some.
    out = np.where(known | (session >= 0), out, -1)
    out = np.where(known | (session < 0), out, 2 * len(axis))
    return np.where(known & (dates < axis[0]), -1, out)


def _by_hour(moments: pl.DataFrame, clock: SessionClock) -> tuple[Ints, Ints]:
    """Return session and auction of bare dates; the latest where the hour is not known."""
    days = moments["day"].to_numpy().astype("datetime64[D]")
    hour = moments["hour"]
    own, following = clock.on_or_after(days), clock.after(days)
    open_day = clock.is_session(days)

    def told(*names: str) -> Bools:
        return np.asarray(hour.is_in(list(names)).to_numpy(), dtype=np.bool_)

    late = told("post", "unknown", TIMED)
    session = np.where(told(REACTION), own + 1, np.where(late, following, own))
    return session, np.where(told("intraday") & open_day, CLOSE, OPEN)


def part_of_day(moments: pl.DataFrame, clock: SessionClock) -> list[str]:
    """Return (n,) the part of the exchange's day that each announcement falls into.

    That of a time follows from the opening and close of its day, early closes included; on a day
    without a session everything comes before the open. Bare dates keep what is told of them.

    Args:
        moments: columns `instant`, `day`, `hour` (`moments.read_moments`).
        clock: of the exchange whose day it is.
    """
    hours = np.array(moments["hour"].to_list(), dtype=object)
    timed = np.flatnonzero((moments["hour"] == TIMED).to_numpy())
    instants = moments["instant"].dt.replace_time_zone("UTC")
    local = instants.dt.convert_time_zone(clock.exchange.zone).dt.date()
    days = local.to_numpy().astype("datetime64[D]")[timed]
    when = moments["instant"].to_numpy().astype("datetime64[us]")[timed]
    at = clock.on_or_after(days).clip(0, len(clock) - 1)
    early = ~clock.is_session(days) | (when < clock.opens[at].astype("datetime64[us]"))
    late = when >= clock.closes[at].astype("datetime64[us]")
    hours[timed] = np.where(early, "pre", np.where(late, "post", "intraday"))
    return [str(hour) for hour in hours]


def after_reaction(day0: Ints) -> Ints:
    """Return (n,) the first auction after the reaction's session has closed: the next open."""
    return auction_of(day0 + 1, OPEN)


def entry_auctions(announced: Ints, known: Ints, at: At, after: int) -> Ints:
    """Return (n,) the auctions that a rule enters in, none of them before `known`.

    Args:
        announced: (n,) the first auction that can act on the announcement, where the clock starts.
        known: (n,) the first auction that all the rule reads is known before; where the clock says
            an earlier one, the first open or close, as it says, from there on is taken.
        at: which auction.
        after: sessions later.
    """
    session = announced // 2 + after
    if at == "auction":
        kind = announced % 2
    elif at == "close":
        kind = np.full_like(announced, CLOSE)
    else:
        kind = np.full_like(announced, OPEN)
        session = session + (1 if at == "next_open" else announced % 2)
    earliest = known // 2 + ((kind == OPEN) & (known % 2 == CLOSE))
    return auction_of(np.maximum(session, earliest), kind)


def exit_auctions(entry: Ints, at: Literal["open", "close"], after: int) -> Ints:
    """Return (n,) the auctions `after` sessions from those of the entries."""
    return auction_of(entry // 2 + after, OPEN if at == "open" else CLOSE)
