"""Mean rank deviations by day, as Corrado's rank test uses them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.ranks import Ranks
from backtest.engine.rows import Rows
from backtest.engine.sample import Sample

_AT_ONCE = 4_096
"""Rows turned into floats together, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class RankSums:
    """Ranks of N observations over T days, summed once for all windows.

    Attributes:
        ranks: (N, T) twice the mid-ranks, 0 where missing.
        weight: (N,) ½/(1 + n_i), so that weight · rank is K.
        total: (T,) Σ_i K_it.
        n: (T,) observations that have the day.
    """

    ranks: Rows[Ranks]
    weight: Floats
    total: Floats
    n: Ints

    @classmethod
    def of(cls, ranks: Rows[Ranks], known: Ints) -> RankSums:
        """Add up the ranks of all observations, given how many days each has."""
        weight = 0.5 / (1.0 + known.astype(np.float64))
        return cls(ranks, weight, weighted_sum(weight, ranks), observations_each_day(ranks, known))

    def deviations(self, there: Bools) -> tuple[Ints, Floats]:
        """Return N_t and √(N_t/N) (mean_i K_it − ½) of each day over some observations.

        Args:
            there: (N,) which observations; what is not there is taken off the sums.
        """
        absent = np.flatnonzero(~there)
        gone = self.ranks[absent]
        total = self.total - self.weight[absent] @ gone
        n = self.n - (gone > 0).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            deviation = np.sqrt(n / there.sum()) * (total / n - 0.5)
        return n, np.where(n > 0, deviation, 0.0)


def days_known(ranks: Rows[Ranks]) -> Ints:
    """Return (N,) days that each observation has, of (N, T) ranks that are 0 where missing."""
    if ranks.many:
        from backtest.engine.history_kernels import count_days

        known = np.empty(len(ranks), dtype=np.int64)
        for piece, at in ranks.pieces():
            count_days(ranks.whole, at, ranks.width, known[piece])
        return known
    days: Ints = np.count_nonzero(ranks[:], axis=1)
    return days


def own_days_known(sample: Sample) -> Ints:
    """Return (N,) estimation days that each observation has, counted once for all groups."""
    return sample.each("own days", lambda before: days_known(before.own_ranks))


def observations_each_day(ranks: Rows[Ranks], known: Ints) -> Ints:
    """Return (T,) observations that have each day; most have all, and only others are looked at.

    Args:
        ranks: (N, T), 0 where missing.
        known: (N,) `days_known` of them.
    """
    some = np.flatnonzero(known < ranks.width)
    count: Ints = np.count_nonzero(ranks[some], axis=0) + (len(ranks) - len(some))
    return count


def weighted_sum(weight: Floats, values: Rows[Ranks]) -> Floats:
    """Return weight @ values without turning all of the values into floats at once.

    Args:
        weight: (N,).
        values: (N, T).
    """
    total: Floats = np.zeros(values.width)
    if values.many:
        from backtest.engine.history_kernels import weighted_sums

        for piece, at in values.pieces():
            weighted_sums(values.whole, at, weight[piece], total)
        return total
    for start in range(0, len(values), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        total += weight[rows] @ values[rows].astype(np.float64)
    return total
