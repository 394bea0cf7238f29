"""What a sample looks like: shared dates, overlaps, correlation, skewness (METHODS §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.day_shares import day_shares
from backtest.engine.history import History
from backtest.engine.sample import Sample
from backtest.spec import Window


@dataclass(frozen=True, slots=True)
class Design:
    """Facts that decide which test a sample can bear.

    Attributes:
        n: observations that have a value in the main column.
        events, securities, dates: distinct announcements, securities and reaction dates.
        shared_date: the reaction date that most observations share, ISO; None for an empty sample.
        shared: how many react on it.
        overlapping: observations whose widest window shares sessions with another's.
        repeated: securities that occur more than once with overlapping windows.
        missing: share of days of estimation and event window without an abnormal return.
        skewness: bias-corrected, of the SCARs in the main column; NaN below 3 observations.
        r_bar: cross-correlation of the main column; NaN below 2 observations.
        r_bar_widest: the same of the widest window.
    """

    n: int
    events: int
    securities: int
    dates: int
    shared_date: str | None
    shared: int
    overlapping: int
    repeated: int
    missing: float
    skewness: float
    r_bar: float
    r_bar_widest: float


def sample_design(sample: Sample, cars: Sequence[Window]) -> Design:
    """Describe a sample.

    Args:
        sample: observations with their history.
        cars: the study's CAR windows; the first is the main column.
    """
    history = sample.before
    main = sample.columns.index(cars[0])
    widest = sample.columns.index(max(cars, key=len))
    dates = history.dates(np.arange(len(history.day0)), Window(0, 0))[:, 0]
    values, counts = np.unique(dates, return_counts=True)
    most = int(counts.argmax()) if len(counts) else -1
    overlapping, repeated = _overlaps(history, sample.columns[widest])
    missing = sample.each("shares", day_shares)[:, 1]
    return Design(
        n=int(sample.n[main]),
        events=len(np.unique(history.event)),
        securities=len(np.unique(history.security)),
        dates=len(values),
        shared_date=str(history.axis[values[most]]) if most >= 0 else None,
        shared=int(counts[most]) if most >= 0 else 0,
        overlapping=int(overlapping.sum()),
        repeated=len(np.unique(history.security[repeated])),
        missing=float(missing.mean()) if len(missing) else 0.0,
        skewness=_skewness(sample.scar[:, main]),
        r_bar=float(sample.cross_correlation[main]),
        r_bar_widest=float(sample.cross_correlation[widest]),
    )


def _overlaps(history: History, window: Window) -> tuple[Bools, Bools]:
    """Return (N,) whether the window shares dates with another's, and with one of its security."""
    everyone = np.arange(len(history.day0))
    first = history.dates(everyone, Window(window.start, window.start))[:, 0]
    last = history.dates(everyone, Window(window.end, window.end))[:, 0]
    last = np.where(last < 0, len(history.axis), last)
    any_security = np.zeros(len(first), dtype=np.int64)
    return _touching(any_security, first, last), _touching(history.security, first, last)


def _touching(group: Ints, first: Ints, last: Ints) -> Bools:
    """Return which intervals of (nearly) equal length touch another one of their group."""
    order = np.lexsort((first, group))
    near = (np.diff(group[order]) == 0) & (first[order][1:] <= last[order][:-1])
    touched = np.zeros(len(order), dtype=bool)
    touched[order[1:]] |= near
    touched[order[:-1]] |= near
    return touched


def _skewness(values: Floats) -> float:
    values = values[np.isfinite(values)]
    n = len(values)
    if n < 3 or not values.std() > 0:
        return float("nan")
    standard = (values - values.mean()) / values.std(ddof=1)
    return float(n / ((n - 1) * (n - 2)) * (standard**3).sum())
