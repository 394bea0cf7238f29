"""The generalised rank z test (Kolari & Pynnönen 2011; METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.sample import ALONE, SAME, Outcome, Sample
from backtest.inference._columns import p_normal
from backtest.inference._generalized_ranks import shared_ranks


class GrankZ:
    """Ū₀ over its standard deviation were events independent, N(0,1).

    With M days for all, Ū₀ √(12 N (M+2)/M); otherwise the variances of the events are added.
    """

    key = "grank_z"
    title = "generalised rank z"
    source = "Kolari & Pynnönen 2011"
    formula = "Ū₀ √(12 N (M+2)/M)"
    robust_to = frozenset({"event-induced variance", "non-normality"})
    prepare = staticmethod(shared_ranks)

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        found = shared_ranks(sample)
        statistic = found.event / np.sqrt(found.variance)
        undefined = {ALONE: sample.n < 2, SAME: found.equal}
        return Outcome.of(statistic, None, p_normal(statistic), undefined)


TEST = GrankZ()
