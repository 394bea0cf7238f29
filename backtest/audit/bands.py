"""Rejection rates and how far off chance alone may put them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Ints

CONFIDENCE = 0.95
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Rate:
    """A rejection rate with its band.

    Attributes:
        tested: samples in which the test was defined.
        rejected: of them.
        effective: independent samples that say as much.
        low, high: 95 % Wilson band of the rate.
    """

    tested: int
    rejected: int
    effective: float
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Share of samples that reject."""
        return self.rejected / self.tested


def rate_of(rejected: Bools, cluster: Ints) -> Rate:
    """Return the rate of (B,) verdicts, B > 0, those of one cluster being dependent.

    Many samples of one date are not so many independent ones: their number is divided by how much
    more the rate varies over dates than it would were they independent (the design effect).
    """
    tested, count = len(rejected), int(rejected.sum())
    effective = _effective(rejected, cluster)
    low, high = wilson(count / tested, effective)
    return Rate(tested, count, effective, low, high)


def _effective(rejected: Bools, cluster: Ints) -> float:
    _, of = np.unique(cluster, return_inverse=True)
    members = np.bincount(of)
    groups, tested = len(members), len(rejected)
    if groups == tested:
        return float(tested)
    rate = rejected.mean()
    excess = np.bincount(of, weights=rejected) - rate * members
    variance = groups / max(1, groups - 1) * float(excess @ excess) / tested**2
    if not variance:
        return float(groups)
    return float(np.clip(rate * (1.0 - rate) / variance, 1.0, tested))


def wilson(rate: float, n: float) -> tuple[float, float]:
    """Return the score interval of a binomial share (Wilson 1927)."""
    centre = rate + _Z**2 / (2.0 * n)
    half = _Z * np.sqrt(rate * (1.0 - rate) / n + _Z**2 / (4.0 * n**2))
    scale = 1.0 + _Z**2 / n
    return max(0.0, float((centre - half) / scale)), min(1.0, float((centre + half) / scale))
