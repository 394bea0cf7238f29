"""The t statistic of a cross-sectional mean, for raw and for standardised abnormal returns."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.sample import ALONE, SAME, Outcome
from backtest.inference._columns import mean_and_sd, p_student


def t_of_mean(values: Floats) -> Outcome:
    """√N · mean / sd (ddof 1) of each column of (N, C), Student with N − 1 degrees of freedom."""
    return t_of_moments(*mean_and_sd(values))


def t_of_moments(n: Ints, mean: Floats, sd: Floats) -> Outcome:
    """Return the same of the columns' n, mean and standard deviation, (C,) each."""
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.sqrt(n) * mean / sd
    dof = (n - 1).astype(np.float64)
    return Outcome.of(
        statistic, dof, p_student(statistic, dof), {ALONE: n < 2, SAME: (n >= 2) & (sd == 0)}
    )
