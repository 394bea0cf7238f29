"""The signed-rank test (Wilcoxon 1945; METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import ALONE, Outcome, Sample
from backtest.inference._columns import p_normal

EXACT_TO = 50
ONLY_ZEROS = "fewer than 2 observations differ from zero"


class Wilcoxon:
    """Sum of the ranks of |CAR| over positive CARs, W⁺.

    Zeros are dropped. Exact for up to 50 values without ties, else normal with the variance
    corrected for ties, without continuity correction.
    """

    key = "wilcoxon"
    title = "Wilcoxon signed rank"
    source = "Wilcoxon 1945"
    robust_to = frozenset({"event-induced variance", "non-normality"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column; the statistic is W⁺."""
        results = [_signed_rank(column[np.isfinite(column)]) for column in sample.car.T]
        statistic, p, used = np.array(results).T
        undefined = {ALONE: sample.n < 2, ONLY_ZEROS: used < 2}
        return Outcome.of(statistic, None, p, undefined)


TEST = Wilcoxon()


def _signed_rank(values: Floats) -> tuple[float, float, float]:
    """Return W⁺, two-sided p, and how many values were not zero."""
    values = values[values != 0]
    n = len(values)
    if n < 2:
        return np.nan, np.nan, n
    ranks, ties = _mid_ranks(np.abs(values))
    positive = float(ranks[values > 0].sum())
    if n <= EXACT_TO and not ties.any():
        return positive, _exact(n, positive), n
    spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24 - ties.sum() / 48)
    return positive, float(p_normal(np.array((positive - n * (n + 1) / 4) / spread))), n


def _mid_ranks(values: Floats) -> tuple[Floats, Floats]:
    """Return the ranks, ties sharing their mean, and t³ − t for each set of t equal values."""
    order = np.argsort(values)
    ascending = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1]]))
    counts = np.diff(np.append(starts, len(values)))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(starts + (counts + 1) / 2, counts)
    return ranks, (counts**3 - counts).astype(np.float64)


def _exact(n: int, positive: float) -> float:
    """Two-sided p of W⁺ under equally likely signs: counts of subset sums of 1…n."""
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, n + 1):
        ways[rank:] += ways[:-rank].copy()
    ways /= 2.0**n
    at = round(positive)
    return float(min(1.0, 2.0 * min(ways[: at + 1].sum(), ways[at:].sum())))
