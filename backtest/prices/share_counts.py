"""Share counts as reported, made into one believable series on today's split basis.

A vendor's history of counts repeats itself, contradicts itself within a day, jumps for a day and
back, and is as reported: before a split it counts old shares, and around the split's day either.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from backtest.prices.provider import SHARES, SPLIT

if TYPE_CHECKING:
    import polars as pl

SplitDay = tuple[dt.date, float]
_FAR = 0.10
_SLIGHT, _ALIKE = 0.02, 0.01
_BRIEF = dt.timedelta(days=31)
"""A slighter jump is a spike too where it is gone within a month and its neighbours are alike."""
_BREAK = math.log(1.5)
_ENOUGH_BEFORE = 3
_NEAR_SPLIT = dt.timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Count:
    """Shares outstanding as they could be known from a day on."""

    known_from: dt.date
    shares: float


@dataclass(frozen=True, slots=True)
class Sorted:
    """Counts that are believed, and those that are not, all on the basis after all splits.

    `spikes` are far from the counts before and after them. `unexplained` stand beyond a step that
    no split explains.
    """

    kept: tuple[Count, ...]
    spikes: tuple[Count, ...] = ()
    unexplained: tuple[Count, ...] = ()


def clean(counts: Iterable[Count], splits: Iterable[SplitDay] = ()) -> tuple[Count, ...]:
    """Return counts in order, each the first of its level, on the basis after all splits.

    Args:
        counts: as reported, in any order, several a day allowed.
        splits: (first session at the new count, new shares for one old).
    """
    return sort_out(counts, splits).kept


def sort_out(counts: Iterable[Count], splits: Iterable[SplitDay] = ()) -> Sorted:
    """Tell the counts that can be believed from the others; arguments as `clean`."""
    usable = [count for count in counts if math.isfinite(count.shares) and count.shares > 0]
    ordered = sorted(usable, key=lambda count: count.known_from)
    levels = _without_repeats(_one_a_day(_on_one_basis(ordered, sorted(splits))))
    steady = _without_repeats(_without_spikes(levels))
    kept = _since_last_break(steady)
    return Sorted(
        kept=_without_repeats(kept),
        spikes=tuple(count for count in levels if _is_spike(count, steady)),
        unexplained=tuple(count for count in steady if count not in kept),
    )


def _is_spike(count: Count, steady: Sequence[Count]) -> bool:
    """Whether a level is none of those that stayed; one that merely goes on is no spike."""
    held = [one.shares for one in steady if one.known_from <= count.known_from]
    return not held or held[-1] != count.shares


def _on_one_basis(counts: Sequence[Count], splits: Sequence[SplitDay]) -> list[Count]:
    """Multiply each count by the splits that came after it.

    Near a split's day a count may be on either basis already, so of the readings that are
    possible the one nearest to the level that follows is taken.
    """
    out: list[Count] = []
    level: float | None = None
    for count in reversed(counts):
        readings = [count.shares * factor for factor in _possible_factors(count.known_from, splits)]
        shares = readings[0]
        if level is not None:
            shares = _nearest(level, readings)
        level = shares
        out.append(replace(count, shares=shares))
    return out[::-1]


def _nearest(level: float, readings: Sequence[float]) -> float:
    return min(readings, key=lambda value: abs(math.log(value / level)))


def _possible_factors(day: dt.date, splits: Sequence[SplitDay]) -> list[float]:
    """Return the factor that the dates say, then those with nearby splits taken the other way."""
    factors = [math.prod(ratio for first, ratio in splits if first > day)]
    for first, ratio in splits:
        if abs(first - day) <= _NEAR_SPLIT:
            other = 1 / ratio if first > day else ratio
            factors += [factor * other for factor in factors]
    return factors


def _one_a_day(counts: Sequence[Count]) -> list[Count]:
    """Of several counts on one day keep the one nearest to the day before, else the last."""
    out: list[Count] = []
    for count in counts:
        if not out or out[-1].known_from != count.known_from:
            out.append(count)
        elif len(out) == 1 or _distance(count, out[-2]) <= _distance(out[-1], out[-2]):
            out[-1] = count
    return out


def _without_spikes(counts: Sequence[Count]) -> list[Count]:
    """Drop a count that is far from both neighbours while they are near each other."""
    out: list[Count] = []
    for place, count in enumerate(counts):
        if out and place + 1 < len(counts) and _stands_alone(count, out[-1], counts[place + 1]):
            continue
        out.append(count)
    return out


def _stands_alone(count: Count, before: Count, after: Count) -> bool:
    apart = min(_distance(count, before), _distance(count, after))
    between = _distance(before, after)
    brief = after.known_from - count.known_from <= _BRIEF
    return (apart > _FAR and between < _FAR) or (brief and apart > _SLIGHT and between < _ALIKE)


def _since_last_break(counts: Sequence[Count]) -> list[Count]:
    """Drop what stands before a step of half or more that no split explains.

    Such a step is mostly the vendor changing from one share class to all of them; the counts
    before it would give precise and false market values. A newest count that stands alone
    against a steady past is dropped itself.
    """
    kept = list(counts)
    if len(kept) > _ENOUGH_BEFORE and _distance(kept[-1], kept[-2]) > _BREAK:
        past = kept[-1 - _ENOUGH_BEFORE : -1]
        if max(_distance(one, past[0]) for one in past) < _FAR:
            kept.pop()
    for place in range(len(kept) - 1, 0, -1):
        if _distance(kept[place], kept[place - 1]) > _BREAK:
            return kept[place:]
    return kept


def _without_repeats(counts: Sequence[Count]) -> tuple[Count, ...]:
    return tuple(
        count
        for place, count in enumerate(counts)
        if place == 0 or count.shares != counts[place - 1].shares
    )


def _distance(one: Count, other: Count) -> float:
    return abs(math.log(one.shares / other.shares))


def cleaned_shares(reported: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Return `SHARES` rows cleaned security by security.

    Args:
        reported: `SHARES` rows as they were reported.
        actions: `ACTIONS` rows, of which the splits count.
    """
    import polars as pl

    splits = actions.filter(pl.col("kind") == SPLIT)
    rows = []
    for (ticker,), part in reported.group_by("ticker", maintain_order=True):
        counts = [Count(*row) for row in part.select("known_from", "shares").iter_rows()]
        own = splits.filter(pl.col("ticker") == ticker).select("date", "value").rows()
        rows += [(ticker, count.known_from, count.shares) for count in clean(counts, own)]
    return pl.DataFrame(rows, schema=SHARES.schema(), orient="row")


def count_notes(ticker: str, reported: pl.DataFrame, actions: pl.DataFrame) -> tuple[str, ...]:
    """Say in a line each which counts of one security are left out, and why.

    Args:
        reported: its `SHARES` rows as they were reported.
        actions: its `ACTIONS` rows, of which the splits count.
    """
    import polars as pl

    counts = [Count(*row) for row in reported.select("known_from", "shares").iter_rows()]
    found = sort_out(counts, actions.filter(pl.col("kind") == SPLIT).select("date", "value").rows())
    notes = []
    if found.spikes:
        one = found.spikes[0]
        notes.append(
            f"{ticker}: {_so_many(found.spikes)} left out, far from those before and after "
            f"(first: {one.shares:,.0f} on {one.known_from})"
        )
    if found.unexplained:
        one, last = found.unexplained[0], found.unexplained[-1]
        notes.append(
            f"{ticker}: {_so_many(found.unexplained)} of {one.known_from} to {last.known_from} "
            "left out, beyond a step that no split explains (perhaps one class of shares only)"
        )
    return tuple(notes)


def _so_many(counts: Sequence[Count]) -> str:
    return f"{len(counts)} share count{'s' if len(counts) > 1 else ''}"
