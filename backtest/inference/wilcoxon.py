"""The signed-rank test (Wilcoxon 1945; METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats, Words
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
    formula = "W⁺ = Σ rank(|CAR_i|) over CAR_i > 0"
    robust_to = frozenset({"event-induced variance", "non-normality"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column; the statistic is W⁺."""
        columns = np.ascontiguousarray(sample.car.T)
        results = [_signed_rank(column[np.isfinite(column)]) for column in columns]
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
    # The bits of a positive float order as it does and leave room for the sign as the last bit;
    # sorting whole numbers is several times faster than an order of floats.
    size = np.abs(values).view(np.uint64)
    ascending = np.sort(size << np.uint64(1) | (values > 0))
    above = np.flatnonzero(ascending & np.uint64(1))
    ascending >>= np.uint64(1)
    ranks, ties = _mid_ranks(ascending)
    positive = float((above + 1).sum() if ranks is None else ranks[above].sum())
    if n <= EXACT_TO and not ties:
        return positive, _exact(n, positive), n
    spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24 - ties / 48)
    return positive, float(p_normal(np.array((positive - n * (n + 1) / 4) / spread))), n


def _mid_ranks(ascending: Words) -> tuple[Floats | None, float]:
    """Return the ranks, ties sharing their mean, and the sum of t³ − t over sets of t equals.

    Without ties there is nothing to return: a rank is a place.
    """
    n = len(ascending)
    new = ascending[1:] != ascending[:-1]
    if new.all():
        return None, 0.0
    starts = np.flatnonzero(np.concatenate([[True], new]))
    counts = np.diff(np.append(starts, n))
    return np.repeat(starts + (counts + 1) / 2, counts), float((counts**3 - counts).sum())


def _exact(n: int, positive: float) -> float:
    """Two-sided p of W⁺ under equally likely signs: counts of subset sums of 1…n."""
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, n + 1):
        ways[rank:] += ways[:-rank].copy()
    ways /= 2.0**n
    at = round(positive)
    return float(min(1.0, 2.0 * min(ways[: at + 1].sum(), ways[at:].sum())))
