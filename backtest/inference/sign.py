"""The binomial sign test of a median of zero (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.sample import ALONE, Outcome, Sample
from backtest.inference._columns import p_normal

EXACT_TO = 1000


class Sign:
    """Number of positive CARs against Bin(N, ½): exact to N = 1000, then normal.

    A CAR of exactly zero counts as not positive (METHODS §10).
    """

    key = "sign"
    title = "sign"
    source = "binomial"
    formula = "w = #(CAR > 0) against Bin(N, ½)"
    robust_to = frozenset({"event-induced variance", "non-normality"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column; the statistic is the count of positive CARs."""
        from scipy.special import bdtr, bdtrc

        n = sample.n
        positive = (sample.car > 0).sum(axis=0)
        # P(X ≤ k) and P(X ≥ k): doubling the smaller is exact for a symmetric distribution.
        low = bdtr(positive.astype(np.float64), n, 0.5)
        high = np.where(positive > 0, bdtrc(positive - 1.0, n, 0.5), 1.0)
        exact = np.minimum(1.0, 2.0 * np.minimum(low, high))
        with np.errstate(divide="ignore", invalid="ignore"):
            normal = p_normal((positive - n / 2) / np.sqrt(n / 4))
        p = np.where(n <= EXACT_TO, exact, normal)
        return Outcome.of(positive.astype(np.float64), None, p, {ALONE: n < 2})


TEST = Sign()
