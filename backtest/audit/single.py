"""The tests of a single event, which a sample of one has besides none (METHODS §4)."""

from __future__ import annotations

import numpy as np

from backtest.engine.sample import Outcome, Sample

FEW_DAYS = "fewer than 99 estimation days"
LONG = "stated for a single day only"
MANY = "a test of a single event"


class EventT:
    """CAR over its full forecast standard error, Student with the fit's degrees of freedom."""

    key = "event_t"
    title = "t of one event"
    source = "Salinger 1992"
    robust_to: frozenset[str] = frozenset()

    def run(self, sample: Sample) -> Outcome:
        """Test the column of a sample of one."""
        from scipy.special import stdtr

        statistic, dof = sample.scar[0], np.full(len(sample.columns), float(sample.dof[0]))
        p = 2.0 * stdtr(dof, -np.abs(statistic))
        return Outcome.of(statistic, dof, p, {MANY: sample.n > 1})


class SampleQuantile:
    """The place of the event day's abnormal return among the estimation residuals."""

    key = "event_sq"
    title = "sample quantile of one event"
    source = "Gelbach, Helland & Klick 2013"
    robust_to = frozenset({"non-normality"})
    uses_history = True

    def run(self, sample: Sample) -> Outcome:
        """Test the column of a sample of one; the statistic is the mid-rank from below."""
        residuals = sample.before.residuals[0]
        days = int(np.isfinite(residuals).sum())
        value = sample.car[0]
        below = (residuals[:, None] < value).sum(axis=0)
        equal = (residuals[:, None] == value).sum(axis=0)
        rank = below + equal / 2.0 + 1.0
        p = np.minimum(1.0, 2.0 * np.minimum(rank, days + 2.0 - rank) / (days + 1.0))
        long = np.array([len(column) > 1 for column in sample.columns])
        undefined = {MANY: sample.n > 1, LONG: long, FEW_DAYS: np.full(len(long), days < 99)}
        return Outcome.of(rank, None, p, undefined)


SINGLE = (EventT(), SampleQuantile())
