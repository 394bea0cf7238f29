"""The rank test (Corrado 1989; Corrado & Zivney 1992; METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.sample import ALONE, Outcome, Sample
from backtest.inference._columns import p_normal
from backtest.inference._deviations import RankSums, days_known

NO_SPREAD = "mean ranks do not vary over the days"


class Rank:
    """Mean rank deviation of the tested days over its spread S_K over all days, N(0,1).

    Ranks run over estimation and event window together, the same for every tested window; a window
    of L days takes √L times the mean over its days. The spread is that of the mean over events, so
    events that move together are not taken for independent ones.
    """

    key = "rank"
    title = "Corrado rank"
    source = "Corrado 1989; Corrado & Zivney 1992"
    formula = "√L · mean_τ √(N_τ/N) (mean_i K_iτ − ½) / S_K,  K = rank/(1 + n_i)"
    robust_to = frozenset({"non-normality", "clustering", "thin trading"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column; the statistic is z."""
        statistic, spread = np.full(len(sample.columns), np.nan), np.zeros(len(sample.columns))
        known = sample.each("days", lambda before: days_known(before.ranks))
        sums = sample.of_rows("rank sums", lambda: RankSums.of(sample.before.ranks, known))
        for columns, there in sample.patterns():
            if there.any():
                statistic[columns], spread[columns] = _statistic(sample, sums, columns, there)
        undefined = {ALONE: sample.n < 2, NO_SPREAD: ~(spread > 0)}
        return Outcome.of(statistic, None, p_normal(statistic), undefined)


TEST = Rank()


def _statistic(sample: Sample, sums: RankSums, columns: Ints, there: Bools) -> tuple[Floats, float]:
    """Return z of columns that have the same observations, and their S_K."""
    history = sample.before
    n, deviation = sums.deviations(there)
    spread = float(np.sqrt((deviation[n > 0] ** 2).mean())) if n.any() else 0.0
    answer = np.empty(len(columns))
    first = len(history.estimation) - history.window.start
    for place, number in enumerate(columns):
        column = sample.columns[number]
        days = deviation[first + column.start : first + column.end + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            answer[place] = np.sqrt(len(column)) * days.mean() / spread
    return answer, spread
