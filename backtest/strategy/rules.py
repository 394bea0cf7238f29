"""From a strategy and its candidates to orders: who, which side, when, how much, against what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.errors import BadInput, did_you_mean
from backtest.strategy.bars import TradeBars
from backtest.strategy.blame import blamed
from backtest.strategy.candidates import Candidates, columns_of
from backtest.strategy.check import foresight
from backtest.strategy.costs import Liquidity
from backtest.strategy.hedge import Against, Hedged, hedged
from backtest.strategy.load import LoadedStrategy
from backtest.strategy.orders import Orders, orders
from backtest.strategy.schema import Strategy
from backtest.strategy.selection import REACTION, chosen, read_condition
from backtest.strategy.sizing import sized
from backtest.strategy.timing import entry_auctions, exit_auctions

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Picked:
    """Who of n candidates a condition and a direction choose.

    Attributes:
        who: (n,) whether the condition holds.
        side: (n,) +1 for long, −1 for short, 0 where the rule gives none.
        event: (n,) numbers of the announcements.
        reads: what was read for it.
    """

    who: Bools
    side: Floats
    event: Ints
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Book:
    """What orders are made on.

    Attributes:
        bars: prices.
        known: volume and volatility before each session.
        benchmark: row of the benchmark, −1 for none.
        capital: money there is at the start.
        sectors: from ticker to sector, where they are given.
        may: (P,) who may be a control.
    """

    bars: TradeBars
    known: Liquidity
    benchmark: int
    capital: float
    sectors: Mapping[str, str]
    may: Bools


class Left(NamedTuple):
    """A candidate that was chosen and not traded: its place, the stage it was lost at, and why."""

    place: int
    stage: str
    reason: str


RULE, HEDGE, FILL, CAPITAL = "rule", "hedge", "fill", "capital"


@dataclass(frozen=True, slots=True)
class Planned:
    """Orders of one strategy, N of them, and what was left out on the way.

    Attributes:
        orders: to be traded.
        place: (N,) their candidates.
        group: (N,) orders of one number are taken together or not at all.
        why: (N,) why each is taken.
        hedge: what is held against them.
        dropped: who was chosen and cannot be traded.
        candidates: how many there were.
    """

    orders: Orders
    place: Ints
    group: Ints
    why: tuple[str, ...]
    hedge: Hedged
    dropped: tuple[Left, ...]
    candidates: int


def plan_orders(
    loaded: LoadedStrategy,
    given: Candidates,
    book: Book,
    *,
    chosen_by: Picked | None = None,
    told: bool = True,
) -> Planned:
    """Make the orders of a strategy.

    Args:
        loaded: the rule.
        given: who could be traded.
        book: on what.
        chosen_by: `picked(loaded, given)`, where many rules of one condition share it.
        told: whether `Planned.why` is filled; it is blank otherwise.

    Raises:
        BadInput: its condition cannot be read, or it names an announcement that is not there.
    """
    strategy = loaded.strategy
    by = picked(loaded, given) if chosen_by is None else chosen_by
    who, side, event, reads = by.who, by.side, by.event, by.reads
    _refuse_foresight(loaded, reads)
    known = given.reacted if reads & REACTION else given.announced
    entry = entry_auctions(given.announced, known, strategy.entry.at, strategy.entry.after)
    exit_, unending = _exits(loaded, given, entry)
    reasons = _reasons(given, side, entry, exit_, unending)
    if strategy.both_sides:
        lone = _lone(event, side, who & (reasons == ""))
        reasons[lone & (reasons == "")] = "only one side of the announcement can be traded"
    place = np.flatnonzero(who & (reasons == ""))
    row, session, own = given.row[place], entry[place] // 2, side[place]
    beta = given.frame["beta"].to_numpy()[place]
    # One number for each side of each announcement.
    of_side = 2 * event[place] + (own > 0)
    money = sized(strategy.size, book.capital, row, session, of_side, book.known)
    against = Against(book.benchmark, beta, event[place], book.sectors, book.may)
    held = hedged(strategy.hedge, book.bars, book.known, row, session, against)
    made = orders(
        security=row,
        known=known[place],
        entry=entry[place],
        exit=exit_[place],
        side=own,
        notional=np.nan_to_num(money),
        hedge_security=held.row,
        hedge_ratio=held.ratio,
        stop=_level(strategy.exit.stop, len(place)),
        target=_level(strategy.exit.target, len(place)),
    )
    unhedged = np.array([bool(reason) for reason in held.reason], dtype=np.bool_)
    dropped = [
        Left(int(at), RULE, str(reasons[at])) for at in np.flatnonzero(who & (reasons != ""))
    ]
    dropped += [Left(int(place[at]), HEDGE, held.reason[at]) for at in np.flatnonzero(unhedged)]
    keep = ~unhedged
    return Planned(
        made.take(keep),
        place[keep],
        event[place][keep] if strategy.both_sides else np.arange(int(keep.sum())),
        _why(reads, given.frame[place[keep]]) if told else (),
        Hedged(held.row[keep], held.ratio[keep], ("",) * int(keep.sum())),
        tuple(dropped),
        len(given),
    )


def sides(strategy: Strategy, frame: pl.DataFrame) -> Floats:
    """Return (n,) +1 for long, −1 for short, 0 where a rule gives none."""
    direction = strategy.direction
    if isinstance(direction, dict):
        signs = {"long": 1.0, "short": -1.0}
        return np.array([signs.get(direction.get(role, ""), 0.0) for role in frame["role"]])
    if strategy.reads_sign:
        sign = np.nan_to_num(np.sign(frame["ar"].cast(float).to_numpy()))
        return np.asarray(sign if direction == "with_reaction" else -sign)
    return np.full(frame.height, 1.0 if direction == "long" else -1.0)


def picked(loaded: LoadedStrategy, given: Candidates) -> Picked:
    """Return who is chosen, on which side, and what was read for it.

    Raises:
        BadInput: the condition cannot be read.
    """
    side = sides(loaded.strategy, given.frame)
    _, event = np.unique(given.frame["event_id"].to_numpy(), return_inverse=True)
    signs = frozenset({"ar"} if loaded.strategy.reads_sign else ())
    text = loaded.strategy.where
    if text is None:
        return Picked(np.ones(len(given), dtype=np.bool_), side, event, signs)
    where = loaded.where("where")
    condition = read_condition(text, columns_of(given), where)
    found = chosen(condition, given.frame, where).to_numpy()
    return Picked(np.asarray(found, dtype=np.bool_), side, event, condition.reads | signs)


def _refuse_foresight(loaded: LoadedStrategy, reads: frozenset[str]) -> None:
    """Refuse to enter on a reaction before the close that tells it."""
    early = foresight(loaded, reads)
    if early:
        raise BadInput(early)


def _exits(loaded: LoadedStrategy, given: Candidates, entry: Ints) -> tuple[Ints, Bools]:
    """Return (n,) where each is left at the latest, and whose end came before its entry."""
    rule = loaded.strategy.exit
    never = np.full(len(entry), np.iinfo(np.int64).max // 4)
    planned = never if rule.after is None else exit_auctions(entry, rule.at, rule.after)
    if rule.until is None:
        return planned, np.zeros(len(entry), dtype=np.bool_)
    ids = given.frame["event_id"]
    ends = given.announced[(ids == rule.until).to_numpy()]
    if not len(ends):
        hint = did_you_mean(rule.until, ids.unique().to_list())
        told = f"no announcement with prices is called `{rule.until}`"
        where = loaded.where("exit", "until")
        raise BadInput(blamed("unknown-event", told, where, "exit.until", hint))
    # Its parties are told at one time; the latest auction is the one that all can reach.
    end = int(ends.max())
    return np.minimum(planned, end), end <= entry


def _reasons(
    given: Candidates, side: Floats, entry: Ints, exit_: Ints, unending: Bools
) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return (n,) why a candidate cannot be traded, "" where it can."""
    out = np.full(len(given), "", dtype=object)
    out[exit_ <= entry] = "no auction is left between entry and exit"
    out[unending] = "the announcement it is held until came before"
    out[given.announced < 0] = "announced before the prices start"
    out[side == 0] = "the rule gives no side: no reaction is known, or its role has none"
    out[given.row < 0] = "the price source has no prices of it"
    return out


def _lone(event: Ints, side: Floats, usable: Bools) -> Bools:
    """Return (n,) whose announcement lacks a usable long or short."""
    size = int(event.max(initial=0)) + 1
    long = np.bincount(event, usable & (side > 0), size) > 0
    short = np.bincount(event, usable & (side < 0), size) > 0
    return np.asarray(~(long & short)[event])


def _level(level: float | None, count: int) -> Floats | None:
    return None if level is None else np.full(count, level)


def _why(reads: frozenset[str], frame: pl.DataFrame) -> tuple[str, ...]:
    """Say in a few words why each row is traded: the role, and what else the rule read."""
    names = sorted(reads - {"role", "event_id", "ticker", "day", "tags"})
    roles = frame["role"].fill_null("its event").to_list()
    rows = frame.select(names).rows() if names else [()] * len(roles)
    return tuple(
        ", ".join([role, *(_told(*pair) for pair in zip(names, row, strict=True) if _is(pair[1]))])
        for role, row in zip(roles, rows, strict=True)
    )


def _is(value: object) -> bool:
    return value is not None


def _told(name: str, value: object) -> str:
    if isinstance(value, float):
        value = f"{value:+.1%}" if name in ("ar", "ret") else f"{value:.3g}"
    return f"{name} {value}".replace("-", "−")
