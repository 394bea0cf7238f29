"""The generalised rank of a cumulative abnormal return (Kolari & Pynnönen 2011; METHODS §5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.sample import Sample
from backtest.inference._columns import mean_and_sd
from backtest.inference._deviations import weighted_sum

_AT_ONCE = 1_024
"""Rows compared together, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class GeneralizedRanks:
    """Demeaned standardised ranks U averaged over the observations of each column, (C,) each.

    Attributes:
        event: Ū₀, of the re-standardised SCAR among the estimation SARs.
        spread: S_Ū over the estimation days and the event.
        days: T, the estimation days that have observations, and one for the event.
        variance: of Ū₀ were observations independent: Σ M_i/(12 (M_i + 2)) / N².
        equal: whether all SCAR are equal, so that they cannot be re-standardised.
    """

    event: Floats
    spread: Floats
    days: Ints
    variance: Floats
    equal: Bools


def generalized_ranks(sample: Sample) -> GeneralizedRanks:
    """Rank each SCAR* = SCAR/sd(SCAR) as one more day among its security's estimation SARs.

    Columns with fewer than 2 observations hold nothing of meaning.
    """
    # Observations with equally many days share a weight, so they are brought together.
    sample = sample.take(np.argsort((sample.before.own_ranks > 0).sum(axis=1), kind="stable"))
    history = sample.before
    residuals, ranks = history.residuals, history.own_ranks
    known = ranks > 0
    own_days = known.sum(axis=1)
    n_all = known.sum(axis=0)
    _, _, sd = mean_and_sd(sample.scar)
    count = len(sample.columns)
    event, spread, variance = np.zeros(count), np.ones(count), np.ones(count)
    days = np.zeros(count, dtype=np.int64)
    for columns, there in sample.patterns():
        size = int(there.sum())
        if size < 2:
            continue
        weight = 1.0 / (own_days + 2.0)
        scale = np.where(there, weight, 0.0)
        base = weighted_sum(0.5 * scale, ranks)
        n = n_all - known[~there].sum(axis=0)
        days[columns] = (n > 0).sum() + 1
        variance[columns] = (own_days * scale).sum() / 12.0 / size**2
        for column in columns:
            with np.errstate(divide="ignore", invalid="ignore"):
                value = sample.scar[:, column] / sd[column] * history.sigma
            higher, moved = _above(residuals, np.where(there, value, np.nan), weight)
            event[column] = ((own_days - higher + 1.0) * scale)[there].mean() - 0.5
            daily = np.divide(base + moved, n, out=np.full(len(n), np.nan), where=n > 0) - 0.5
            squares = np.nansum(n / size * daily**2) + event[column] ** 2
            spread[column] = np.sqrt(squares / days[column])
    return GeneralizedRanks(event, spread, days, variance, sd == 0)


def _above(residuals: Floats, value: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return how many days stand above each event, and how far events move up each day's ranks.

    A day moves up by one where the event stands below it, by a half where the two are equal; only
    an event of exactly zero is likely to equal anything.

    Args:
        residuals: (N, M), NaN where missing.
        value: (N,) the event on the residuals' scale, NaN for one that does not count.
        weight: (N,) of the observations, equal ones together.
    """
    higher, moved = np.empty(len(value)), np.zeros(residuals.shape[1])
    days = np.ones(residuals.shape[1], dtype=np.float32)
    with np.errstate(invalid="ignore"):
        for rows in _pieces(weight):
            # Counts are exact in single precision, and twice as fast to add up.
            above = (residuals[rows] > value[rows, None]).astype(np.float32)
            higher[rows] = above @ days
            moved += weight[rows.start] * (np.ones(len(above), np.float32) @ above)
        zero = np.flatnonzero(value == 0.0)
        equal = residuals[zero] == 0.0
    higher[zero] += 0.5 * equal.sum(axis=1)
    return higher, moved + 0.5 * (weight[zero] @ equal)


def _pieces(weight: Floats) -> Iterator[slice]:
    """Yield runs of rows of one weight, at most `_AT_ONCE` long."""
    starts = np.flatnonzero(np.diff(weight, prepend=np.nan) != 0)
    for start, end in zip(starts, np.append(starts[1:], len(weight)), strict=True):
        for first in range(int(start), int(end), _AT_ONCE):
            yield slice(first, min(first + _AT_ONCE, int(end)))
