"""The jackknife of the standardised effect (Giaccotto & Sfiridis 1996; METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import ALONE, SAME, Outcome, Sample
from backtest.inference._columns import mean_and_sd, p_student, scar_moments

THREE = "needs at least 3 observations"


class Jackknife:
    """θ over its jackknife standard error, θ = mean(SCAR)/sd(SCAR), t(N − 1).

    Leaving each observation out in turn shows how much the standardised effect owes to it, with no
    assumption on the variance that the event induces. One outlier makes the test cautious.
    """

    key = "jackknife"
    title = "jackknife of the standardised effect"
    source = "Tukey 1958; Giaccotto & Sfiridis 1996"
    formula = "θ / √((N−1)/N · Σ (θ₍ᵢ₎ − θ₍·₎)²),  θ = mean(SCAR)/sd(SCAR)"
    robust_to = frozenset({"event-induced variance", "non-normality"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        n, mean, sd = scar_moments(sample)
        without = _left_out(sample.scar)
        known, _, spread = mean_and_sd(without)
        with np.errstate(divide="ignore", invalid="ignore"):
            # The spread has N−1 below; the jackknife's sum of squares has N/(N−1) there.
            statistic = mean / sd / (spread * (n - 1) / np.sqrt(n))
        dof = (sample.n - 1).astype(np.float64)
        undefined = {
            ALONE: sample.n < 2,
            THREE: sample.n < 3,
            SAME: (sd == 0) | (spread == 0) | (known < n),
        }
        return Outcome.of(statistic, dof, p_student(statistic, dof), undefined)


TEST = Jackknife()


def _left_out(values: Floats) -> Floats:
    """Return (N, C) θ without each observation in turn, NaN where that leaves no spread."""
    n, mean, sd = mean_and_sd(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        centred = values - mean
        squares = sd**2 * (n - 1) - centred**2 * n / (n - 1)
        # Rounding can leave a trace of a spread where the others are all equal.
        squares = np.where(squares > 1e-12 * sd**2, squares, np.nan)
        without = (mean - centred / (n - 1)) / np.sqrt(squares / (n - 2))
    return np.where(np.isfinite(without), without, np.nan)
