"""The tests of a single event, which a sample of one has besides none (METHODS §4)."""

from __future__ import annotations

import numpy as np

from backtest.engine.sample import Outcome, Sample
from backtest.engine.sample_quantile import sample_quantile

FEW_DAYS = "fewer than 99 estimation days"
MANY = "a test of a single event"


class EventT:
    """CAR over its full forecast standard error, Student with the fit's degrees of freedom."""

    key = "event_t"
    title = "t of one event"
    source = "Salinger 1992"
    formula = "CAR / S(CAR), t(M − K)"
    robust_to: frozenset[str] = frozenset()

    def run(self, sample: Sample) -> Outcome:
        """Test the column of a sample of one."""
        from scipy.special import stdtr

        statistic, dof = sample.scar[0], np.full(len(sample.columns), float(sample.dof[0]))
        p = 2.0 * stdtr(dof, -np.abs(statistic))
        return Outcome.of(statistic, dof, p, {MANY: sample.n > 1})


class EventQuantile:
    """The place of the CAR among sums of as many consecutive estimation residuals."""

    key = "event_sq"
    title = "sample quantile of one event"
    source = "Gelbach, Helland & Klick 2013"
    formula = "2·min(rank_low, rank_high)/(m + 1)"
    robust_to = frozenset({"non-normality"})

    def run(self, sample: Sample) -> Outcome:
        """Test the column of a sample of one; the statistic is the rank from the nearer end."""
        residuals = sample.before.residuals[:]
        found = sample_quantile(residuals, sample.car, sample.n_days, sample.columns)
        undefined = {MANY: sample.n > 1, FEW_DAYS: np.isnan(found.p[0])}
        return Outcome.of(found.rank[0].astype(np.float64), None, found.p[0], undefined)


SINGLE = (EventT(), EventQuantile())
