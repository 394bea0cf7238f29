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

from backtest.engine.arrays import Floats
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
    robust_to = frozenset({"outlying days"})
    regressors = ("market",)

    def fit(self, block: Block) -> Fit:
        """Estimate α and β on the valid days of each estimation window."""
        days = valid_days(block, self.regressors)
        mean, _, squares = centred(days.x["market"], days)
        beta, beta_error = _slopes(days)
        beta = np.where(np.isnan(squares), np.nan, beta)
        flat = np.where(np.isnan(beta), 0.0, beta)
        without = np.where(days.valid, days.y - flat[:, None] * days.x["market"], np.nan)
        alpha, height_error = _middle(without, Z * np.sqrt(days.n_obs))
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
    n = days.n_obs
    spread = Z * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    for at in range(0, count, step):
        part = slice(at, at + step)
        median[part], error[part] = _middle(_pairs(days.y[part], x[part]), spread[part])
    return median, error


def _pairs(y: Floats, x: Floats) -> Floats:
    """Return (n, M(M − 1)/2) slopes, NaN for pairs that have none.

    Args:
        y: (n, M).
        x: (n, M), NaN on days that are not valid.
    """
    count, length = y.shape
    slopes = np.empty((count, length * (length - 1) // 2))
    at = 0
    for lag in range(1, length):
        run = x[:, lag:] - x[:, :-lag]
        run[run == 0] = np.nan
        np.divide(y[:, lag:] - y[:, :-lag], run, out=slopes[:, at : at + length - lag])
        at += length - lag
    return slopes


def _middle(values: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Return median and standard error (n,) of each row; `values` is sorted in place.

    The error is the distance between the values that stand spread/2 places below and above the
    middle, over 2 · 1.96. Ties do not narrow the spread.

    Args:
        values: (n, m), NaN where there is none.
        spread: (n,) places.
    """
    values.sort(axis=1)
    count = np.isfinite(values).sum(axis=1)
    last = np.maximum(count - 1, 0)
    low = np.rint((count - spread) / 2).astype(np.int64) - 1
    high = np.rint((count + spread) / 2).astype(np.int64)
    places = np.stack([low.clip(0), last // 2, np.minimum(count // 2, last), high.clip(max=last)])
    found = np.take_along_axis(values, places.T, axis=1).T
    return (found[1] + found[2]) / 2, (found[3] - found[0]) / (2 * Z)


MODEL = TheilSen()
