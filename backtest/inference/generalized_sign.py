"""The generalised sign test (Cowan 1992; METHODS §5, §10)."""

from __future__ import annotations

import numpy as np

from backtest.engine.day_shares import day_shares
from backtest.engine.sample import ALONE, Outcome, Sample
from backtest.inference._columns import p_normal

ONE_SIDED = "all estimation residuals have one sign"


class GeneralizedSign:
    """(w − N p̂)/√(N p̂(1−p̂)), N(0,1); p̂ is the events' mean share of positive residuals.

    A residual or CAR of exactly zero counts as not positive. Shares are taken event by event, so a
    security with several events counts as often.
    """

    key = "generalized_sign"
    title = "generalised sign"
    source = "Cowan 1992"
    formula = "(w − N p̂) / √(N p̂ (1−p̂)),  p̂ = mean_i mean_E 1[AR > 0]"
    robust_to = frozenset({"event-induced variance", "non-normality"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column; the statistic is z."""
        share = sample.each("shares", day_shares)[:, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            expected = np.where(sample.present, share[:, None], 0.0).sum(axis=0) / sample.n
            positive = (sample.car > 0).sum(axis=0)
            spread = np.sqrt(sample.n * expected * (1.0 - expected))
            statistic = (positive - sample.n * expected) / spread
        undefined = {ALONE: sample.n < 2, ONE_SIDED: ~(spread > 0)}
        return Outcome.of(statistic, None, p_normal(statistic), undefined)


TEST = GeneralizedSign()
