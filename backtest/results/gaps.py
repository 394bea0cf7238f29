"""Sentences about what is empty in the tables because a price is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Floats
from backtest.results.measures import measured_values
from backtest.results.place import Placed
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl


EMPTY = "CARs are empty"
"""In the note that counts them."""


@dataclass(frozen=True, slots=True)
class EmptyCars:
    """How many CARs are empty.

    Attributes:
        count, of: these, and all there are.
        first: the first of them in words, None where there is none.
    """

    count: int
    of: int
    first: str | None

    @classmethod
    def among(cls, cars: pl.DataFrame) -> EmptyCars:
        """Look at the table `cars`."""
        empty = cars.filter(cars["car"].is_null())
        one = empty.row(0, named=True) if len(empty) else None
        first = f"{one['event_id']} {one['ticker']} {one['start']}:{one['end']}" if one else None
        return cls(len(empty), len(cars), first)

    def __add__(self, later: EmptyCars) -> EmptyCars:
        return EmptyCars(self.count + later.count, self.of + later.of, self.first or later.first)


def gap_notes(placed: Sequence[Placed], empty: EmptyCars, spec: StudySpec) -> tuple[str, ...]:
    """Say on which sessions common series have no value, and how many CARs that and gaps cost.

    Args:
        placed: the observations.
        empty: CARs.
        spec: the study.
    """
    told = [note for one in placed if len(one.day0) for note in _common_gaps(one, spec)]
    if empty.first is None:
        return tuple(told)
    return (
        *told,
        f"{empty.count:,} of {empty.of:,} {EMPTY}: a session of their window has no "
        f"{_noun(spec)} (first: {empty.first})",
    )


def _common_gaps(one: Placed, spec: StudySpec) -> Iterator[str]:
    """Look at the sessions that any observation reads, from the first price to the last."""
    panel, factors = one.market.panel, one.market.factors
    first = max(0, int(one.day0.min()) + spec.estimation.start - 1)
    read = slice(first, int(one.day0.max()) + spec.window.end + 1)
    values = measured_values(panel, spec)
    lost = "volume" if spec.measure == "volume" else "price"
    for ticker in (spec.benchmark, *spec.factor_tickers):
        what = "benchmark" if ticker == spec.benchmark else "factor"
        where = _missing(values[panel.rows([ticker])[0], read], values, one, read)
        if where:
            days = "these days and the ones after them" if lost == "price" else "these days"
            yield (
                f"the {what} {ticker} has no {lost} on {where}; {days} have no "
                f"{'market' if what == 'benchmark' else 'factor'} {_noun(spec)}"
            )
    if factors is not None:
        # What the data do not reach is a reason of its own, said of each event.
        inside = panel.sessions[read] <= factors.last.min()
        inside &= panel.sessions[read] >= factors.first.max()
        sums = np.where(inside, factors.values[:, read].sum(axis=0), 0.0)
        where = _missing(sums, values, one, read)
        if where:
            yield f"the factor data have no value on {where}; these days are missing"


def _noun(spec: StudySpec) -> str:
    return "volume" if spec.measure == "volume" else "return"


def _missing(series: Floats, values: Floats, one: Placed, read: slice) -> str | None:
    """Say on how many sessions a series is missing though some security has a value."""
    if np.isfinite(series).all():
        return None
    others = values[np.unique(one.rows), read]
    missing = np.flatnonzero(np.isnan(series) & np.isfinite(others).any(axis=0))
    if not missing.size:
        return None
    days = "1 session" if missing.size == 1 else f"{missing.size} sessions"
    first = one.market.panel.sessions[read][missing[0]]
    return f"{days} of {one.market.exchange} (first: {first})"
