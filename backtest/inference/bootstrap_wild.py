"""The wild bootstrap of the cross-sectional t (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import Outcome, Sample
from backtest.inference._resampling import DRAWS, SEED, percentile_t


class BootstrapWild:
    """Percentile-t: each event keeps its centred CAR and draws a sign (Rademacher weights).

    Unlike the pairs bootstrap it keeps each event's own variance, which heteroskedastic samples
    need.
    """

    key = "bootstrap_wild"
    title = "bootstrap t (wild)"
    source = "Wu 1986; Liu 1988"
    formula = f"p = (1 + #|t*| ≥ |t|)/(B + 1),  B = {DRAWS:,}, seed {SEED}"
    robust_to = frozenset({"event-induced variance", "non-normality"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return percentile_t(sample, _signs, _studentised)


TEST = BootstrapWild()


def _signs(rng: np.random.Generator, draws: int, n: int) -> Floats:
    return 2.0 * rng.integers(0, 2, size=(draws, n)).astype(np.float64) - 1.0


def _studentised(weights: Floats, centred: Floats) -> Floats:
    """A sign leaves a square alone, so the sum of squares is that of the sample."""
    n = len(centred)
    mean: Floats = weights @ centred / n
    squares: Floats = (centred * centred).mean(axis=0)
    variance: Floats = np.maximum(squares - mean * mean, 0.0) * n / (n - 1)
    t: Floats = np.sqrt(n) * mean / np.sqrt(variance)
    return t
