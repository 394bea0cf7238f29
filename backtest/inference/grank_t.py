"""The generalised rank t test (Kolari & Pynnönen 2011; METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.sample import ALONE, SAME, Outcome, Sample
from backtest.inference._columns import p_student
from backtest.inference._generalized_ranks import shared_ranks

NO_DAYS = "fewer than 3 estimation days, or mean ranks that do not vary"


class GrankT:
    """Z √((T−2)/(T−1−Z²)) with Z = Ū₀/S_Ū, t(T − 2).

    The spread of the mean rank over the estimation days carries whatever correlation events have,
    and re-standardising the SCARs carries the variance that the event induces.
    """

    key = "grank_t"
    title = "generalised rank t"
    source = "Kolari & Pynnönen 2011"
    formula = "Z √((T−2)/(T−1−Z²)),  Z = Ū₀/S_Ū,  U = rank/(M_i+2) − ½,  T = M+1"
    robust_to = frozenset({"event-induced variance", "clustering", "non-normality"})
    prepare = staticmethod(shared_ranks)

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        found = shared_ranks(sample)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = found.event / found.spread
            statistic = z * np.sqrt((found.days - 2) / (found.days - 1 - z**2))
        dof = (found.days - 2).astype(np.float64)
        undefined = {ALONE: sample.n < 2, SAME: found.equal, NO_DAYS: ~np.isfinite(statistic)}
        return Outcome.of(statistic, dof, p_student(statistic, dof), undefined)


TEST = GrankT()
