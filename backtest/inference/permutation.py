"""The placebo test: the statistic's place among the same on other dates (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.placebo_share import MIN_DRAWS, placebo_share
from backtest.engine.sample import Outcome, Sample

NO_DATES = "an observation has no placebo dates beside the windows of its own events"
NOTHING = "no observations"
FEW = f"fewer than {MIN_DRAWS} different placebo draws: too many observations or too few dates"


class Permutation:
    """Mean SCAR among the mean SCARs of placebo dates, p = (1 + #{|m*| ≥ |m|})/(B + 1).

    Each draw moves a reaction date, with all events on it, to another session of the same
    securities, away from the windows of their real events. No distribution is assumed, and events
    that share a date stay together. B counts different draws: of one date's events there are no
    more than sessions free of events. Defined for a single event too; the table `event_tests` has
    it of every CAR.
    """

    key = "permutation"
    title = "placebo dates; of every single event too"
    source = "Fisher 1935; randomisation inference"
    formula = "p = (1 + #|m*| ≥ |m|)/(B + 1),  m = mean SCAR, m* the same on placebo dates"
    robust_to = frozenset({"clustering", "non-normality"})
    uses_placebos = True

    def run(self, sample: Sample) -> Outcome:
        """Test every column; the statistic is the mean SCAR."""
        count = len(sample.columns)
        statistic, p = np.full(count, np.nan), np.full(count, np.nan)
        lacking, few = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        for columns, part in sample.parts():
            if part.placebo is None:
                raise TypeError("this sample was made without placebo dates")
            if not len(part.scar):
                continue
            known = np.isfinite(part.placebo)
            lacking[columns] = ~known.any(axis=1).all(axis=0) & (known.shape[1] > 0)
            with np.errstate(invalid="ignore"):
                means = np.where(known, part.placebo, 0.0).sum(axis=0) / known.sum(axis=0)
            own = part.scar.mean(axis=0)
            share = placebo_share(own, means)
            few[columns] = share.n < MIN_DRAWS
            statistic[columns], p[columns] = own, share.p
        undefined = {NOTHING: sample.n == 0, NO_DATES: lacking, FEW: few}
        return Outcome.of(statistic, None, p, undefined)


TEST = Permutation()
