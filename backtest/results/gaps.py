"""Sentences about what is empty in the tables because a price is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from backtest.results.place import Placed
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl


def gap_notes(placed: Sequence[Placed], cars: pl.DataFrame, spec: StudySpec) -> tuple[str, ...]:
    """Say on which sessions the benchmark has no price, and how many CARs that or other gaps cost.

    Args:
        placed: the observations.
        cars: the table of that name.
        spec: the study.
    """
    return (*_benchmark_gaps(placed, spec), *_empty_cars(cars))


def _benchmark_gaps(placed: Sequence[Placed], spec: StudySpec) -> Iterator[str]:
    """Look at the sessions that any observation reads, from the first price to the last."""
    for one in placed:
        if not len(one.day0):
            continue
        panel = one.market.panel
        first = max(0, int(one.day0.min()) + spec.estimation.start - 1)
        last = int(one.day0.max()) + spec.window.end
        row = int(panel.rows([spec.benchmark])[0])
        closes = panel.prices["total_return"][row, first : last + 1]
        if np.isfinite(closes).all():
            continue
        others = panel.prices["total_return"][np.unique(one.rows), first : last + 1]
        missing = np.flatnonzero(np.isnan(closes) & np.isfinite(others).any(axis=0))
        if missing.size:
            days = "1 session" if missing.size == 1 else f"{missing.size} sessions"
            yield (
                f"the benchmark {spec.benchmark} has no price on {days} of {one.market.exchange} "
                f"(first: {panel.sessions[first + missing[0]]}); "
                "these days and the ones after them have no market return"
            )


def _empty_cars(cars: pl.DataFrame) -> Iterator[str]:
    empty = cars.filter(cars["car"].is_null())
    if empty.is_empty():
        return
    first = empty.row(0, named=True)
    yield (
        f"{len(empty):,} of {len(cars):,} CARs are empty: a session of their window has no return "
        f"(first: {first['event_id']} {first['ticker']} {first['start']}:{first['end']})"
    )
