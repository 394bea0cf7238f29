"""The pairs bootstrap of the cross-sectional t (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import Outcome, Sample
from backtest.inference._resampling import DRAWS, SEED, percentile_t


class Bootstrap:
    """Percentile-t: events are drawn with replacement, their CARs centred; the statistic is t."""

    key = "bootstrap"
    title = "bootstrap t (pairs)"
    source = "Efron 1979; Hall 1992"
    formula = f"p = (1 + #|t*| ≥ |t|)/(B + 1),  B = {DRAWS:,}, seed {SEED}"
    robust_to = frozenset({"event-induced variance", "non-normality"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return percentile_t(sample, _drawn, _studentised)


TEST = Bootstrap()


def _drawn(rng: np.random.Generator, draws: int, n: int) -> Floats:
    """How often each observation is drawn."""
    return rng.multinomial(n, np.full(n, 1.0 / n), size=draws).astype(np.float64)


def _studentised(weights: Floats, centred: Floats) -> Floats:
    n = len(centred)
    mean = weights @ centred / n
    variance = np.maximum(weights @ centred**2 / n - mean**2, 0.0) * n / (n - 1)
    t: Floats = np.sqrt(n) * mean / np.sqrt(variance)
    return t
