"""The market model by the median of pairwise slopes (Theil 1950; Sen 1968).

β is the median of (R_s − R_t) / (R_ms − R_mt) over all pairs of days whose market returns differ,
and α the median of R − β R_m. A quarter of the days may be arbitrarily wrong without carrying β
away.

s² = Σ e² / (M − 2) as for every model. The errors of the line come without an assumption on the
distribution of returns from its 95 % intervals, halved and divided by 1.96: that of β by inverting
Kendall's test (Sen 1968), that of the line's height at the mean market return by inverting the sign
test of the residuals. The forecast variance is s² + se(height)² + (R_mτ − R̄_m)² se(β)².
"""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import Block, Fit
from backtest.engine.line import Days, Line, centred, dot, fit_of_line, residuals_of, valid_days

Z = 1.959963984540054
"""95 % two-sided, standard normal."""

AT_ONCE = 1 << 21
"""Pairs held together: 16 MB of slopes, whatever the block."""


class TheilSen:
    """Median of pairwise slopes of the security's return on the benchmark's, K = 2."""

    key = "theil_sen"
    title = "market model, Theil–Sen"
    source = "Theil 1950; Sen 1968"
    formula = "E[R] = α + β R_m, β = median of (R_s − R_t) / (R_ms − R_mt), α = median of R − β R_m"
    regressors = ("market",)

    def fit(self, block: Block) -> Fit:
        """Estimate α and β on the valid days of each estimation window."""
        days = valid_days(block, self.regressors)
        mean, _, squares = centred(days.x["market"], days)
        beta, beta_error = _slopes(days)
        beta = np.where(np.isnan(squares), np.nan, beta)
        flat = np.where(np.isnan(beta), 0.0, beta)
        without = np.where(days.valid, days.y - flat[:, None] * days.x["market"], np.inf)
        alpha, height_error = _middle(without, days.n_obs, Z * np.sqrt(days.n_obs))
        alpha = np.where(np.isnan(beta), np.nan, alpha)
        left = residuals_of(days, alpha, beta)
        sigma = np.sqrt(dot(left, left) / np.maximum(days.n_obs - 2, 1))
        sigma = np.where(sigma > 0, sigma, np.nan)
        line = Line(
            alpha=alpha,
            beta=beta,
            centre=mean,
            level=height_error / sigma,
            slope=beta_error / sigma,
            cross=np.zeros_like(mean),
        )
        return fit_of_line(block, days, line)


def _slopes(days: Days) -> tuple[Floats, Floats]:
    """Return the median slope and its standard error (n,), NaN where no two days differ in x."""
    count, length = days.y.shape
    median, error = np.full(count, np.nan), np.full(count, np.nan)
    step = max(1, 2 * AT_ONCE // max(1, length * (length - 1)))
    x = np.where(days.valid, days.x["market"], np.nan)
    for at in range(0, count, step):
        part = slice(at, at + step)
        slopes = _pairs(days.y[part], x[part])
        pairs = (slopes < np.inf).sum(axis=1)
        n = days.n_obs[part]
        spread = Z * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
        median[part], error[part] = _middle(slopes, pairs, spread)
    return median, error


def _pairs(y: Floats, x: Floats) -> Floats:
    """Return (n, M(M − 1)/2) slopes, inf for pairs that have none.

    Args:
        y: (n, M).
        x: (n, M), NaN on days that are not valid.
    """
    count, length = y.shape
    slopes = np.full((count, length * (length - 1) // 2), np.inf)
    at = 0
    for lag in range(1, length):
        run = x[:, lag:] - x[:, :-lag]
        rise = y[:, lag:] - y[:, :-lag]
        there = (run < 0) | (run > 0)
        np.divide(rise, run, out=slopes[:, at : at + length - lag], where=there)
        at += length - lag
    return slopes


def _middle(values: Floats, counts: Ints, spread: Floats) -> tuple[Floats, Floats]:
    """Return median and standard error (n,) of the finite values of each row.

    The error is the distance between the values that stand spread/2 places below and above the
    middle, over 2 · 1.96. Rows with as many values are partitioned together. Ties do not narrow
    the spread.

    Args:
        values: (n, m), inf behind the finite ones.
        counts: (n,) finite values.
        spread: (n,) places.
    """
    median, error = np.full(len(values), np.nan), np.full(len(values), np.nan)
    for count in np.unique(counts[counts > 0]):
        rows = np.flatnonzero(counts == count)
        # One number of days has one number of pairs, but ties take pairs away.
        for width in np.unique(spread[rows]):
            some = rows[spread[rows] == width]
            low = max(round((count - width) / 2) - 1, 0)
            high = min(round((count + width) / 2), count - 1)
            places = [low, (count - 1) // 2, count // 2, high]
            found = np.partition(values[some], places, axis=1)[:, places]
            median[some] = (found[:, 1] + found[:, 2]) / 2
            error[some] = (found[:, 3] - found[:, 0]) / (2 * Z)
    return median, error


MODEL = TheilSen()
