"""Percentile-t p-values from resampled events (Hall 1992; Davison & Hinkley 1997)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.sample import ALONE, SAME, Outcome, Sample
from backtest.inference._columns import mean_and_sd

DRAWS = 9_999
SEED = 20_240_601
_AT_ONCE = 200_000
"""Weights drawn together, to bound the memory."""

Weights = Callable[[np.random.Generator, int, int], Floats]
"""Draws (draws, N) weights of the observations."""

Studentised = Callable[[Floats, Floats], Floats]
"""Turns weights (B, N) and deviations from the mean (N, C) into t statistics (B, C)."""


def percentile_t(sample: Sample, weights: Weights, studentised: Studentised) -> Outcome:
    """Compare √N·mean/sd of every column with its distribution when the mean is zero.

    p = (1 + #{|t*| ≥ |t|})/(B + 1): two-sided, never zero. The seed is fixed, so equal samples give
    equal answers.
    """
    count = len(sample.columns)
    statistic, p = np.full(count, np.nan), np.full(count, np.nan)
    same = np.zeros(count, dtype=bool)
    # Not part by part: sums over one column alone are taken in another order.
    n, mean, sd = mean_and_sd(sample.car)
    for columns, part in sample.parts():
        if len(part.car) < 2:
            continue
        same[columns] = sd[columns] == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.sqrt(n[columns]) * mean[columns] / sd[columns]
        statistic[columns] = t
        centred = part.car - mean[columns]
        p[columns] = (1.0 + _extreme(centred, t, weights, studentised)) / (DRAWS + 1.0)
    return Outcome.of(statistic, None, p, {ALONE: sample.n < 2, SAME: same})


def _extreme(centred: Floats, t: Floats, weights: Weights, studentised: Studentised) -> Ints:
    """Count the draws whose |t*| reaches |t|; a draw without spread counts as reaching it."""
    rng = np.random.default_rng(SEED)
    n = len(centred)
    at_once = max(1, _AT_ONCE // n)
    extreme = np.zeros(len(t), dtype=np.int64)
    for start in range(0, DRAWS, at_once):
        drawn = weights(rng, min(at_once, DRAWS - start), n)
        with np.errstate(divide="ignore", invalid="ignore"):
            reached = np.abs(studentised(drawn, centred)) < np.abs(t) * (1 - 1e-12)
        extreme += (~reached).sum(axis=0)
    return extreme
