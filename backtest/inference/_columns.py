"""Column statistics that skip missing values, and two-sided p-values by the survival function."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.sample import Sample


def mean_and_sd(values: Floats) -> tuple[Ints, Floats, Floats]:
    """Return n, mean and standard deviation (ddof 1) of each column of (N, C); NaN where undefined.

    The deviation of a column whose values are all equal is exactly 0, not rounding error.
    """
    present = np.isfinite(values)
    n = present.sum(axis=0)
    whole = bool((n == len(values)).all())
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (values if whole else np.where(present, values, 0.0)).sum(axis=0) / n
        centred = values - mean
        if not whole:
            centred[~present] = 0.0
        sd = np.sqrt(np.einsum("ij,ij->j", centred, centred) / (n - 1))
    # Rounding leaves a spread of some 1e-16 of the mean; only such columns need a second look.
    with np.errstate(invalid="ignore"):
        suspicious = np.flatnonzero((n > 1) & (sd <= 1e-12 * np.abs(mean)))
    for column in suspicious:
        there = values[present[:, column], column]
        if (there == there[0]).all():
            sd[column] = 0.0
    return n, mean, sd


def scar_moments(sample: Sample) -> tuple[Ints, Floats, Floats]:
    """Return `mean_and_sd` of a sample's SCARs, which several tests need."""
    return sample.once("moments of the SCAR", lambda: mean_and_sd(sample.scar))


def p_student(statistic: Floats, dof: Floats) -> Floats:
    """Two-sided p under Student's t with `dof` degrees of freedom."""
    from scipy.special import stdtr

    result: Floats = 2.0 * stdtr(dof, -np.abs(statistic))
    return result


def p_normal(statistic: Floats) -> Floats:
    """Two-sided p under the standard normal."""
    from scipy.special import ndtr

    result: Floats = 2.0 * ndtr(-np.abs(statistic))
    return result
