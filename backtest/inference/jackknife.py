"""The jackknife of the standardised effect (Giaccotto & Sfiridis 1996; METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats, Ints
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
        without = _left_out(sample.scar, n, mean, sd)
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


def _left_out(values: Floats, n: Ints, mean: Floats, sd: Floats) -> Floats:
    """Return (N, C) θ without each observation in turn, NaN where that leaves no spread.

    Args:
        values: (N, C), NaN where missing.
        n, mean, sd: (C,) of the columns.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centred = values - mean
        squares = centred**2
        squares *= -n / (n - 1)
        squares += sd**2 * (n - 1)
        # Rounding can leave a trace of a spread where the others are all equal.
        squares[squares <= 1e-12 * sd**2] = np.nan
        squares /= n - 2
        centred /= 1 - n
        centred += mean
        centred /= np.sqrt(squares, out=squares)
    centred[~np.isfinite(centred)] = np.nan
    return centred
