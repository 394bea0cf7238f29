"""The market model with GARCH(1,1) errors: an event day's risk is that of its time.

    R_t = α + β R_mt + e_t,  e_t ~ N(0, h_t),  h_t = ω + α₁ e²_{t−1} + β₁ h_{t−1}

(Bollerslev 1986). Maximum likelihood by the library arch, from several starts; h of the first day
is the mean of e². Valid days of the estimation window count as following each other.

The event window's variances are forecasts: h of the session after the last valid day, and from
there h_{t+1} = ω + (α₁ + β₁) h_t, session by session, whatever happens in the event window. The
variance of an abnormal return is h_τ + x_τ V x_τ', V being the inverse of the information on α, β,

    Σ [x_t' x_t / h_t + ½ (∂h_t/∂b)' (∂h_t/∂b) / h_t²],

which does not depend on how well the other parameters are known (Bollerslev 1986, §5). A CAR's is
the sum of its days' h_τ and q V q'. `sigma` is √(Σ e² / (M − 5)), the mean level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import SMALLEST_SIGMA, Block, Fit
from backtest.engine.line import Days, Line, centred, dot, fit_of_line, residuals_of, valid_days

ESTIMATED = 5
NO_MAXIMUM = "no maximum of the GARCH likelihood was found"


@dataclass(frozen=True, slots=True)
class _Parameters:
    """Estimates of n observations; `height` is the line's value at the mean market return."""

    height: Floats
    beta: Floats
    omega: Floats
    alpha1: Floats
    beta1: Floats


@dataclass(frozen=True, slots=True)
class _Variances:
    """Conditional variances of n observations.

    Attributes:
        daily: (n, M) of the estimation window; on a missing day, of the next valid one.
        slopes: (n, 2, M) their derivatives by height and slope of the line.
        ahead: (n,) of the session after the last valid day.
    """

    daily: Floats
    slopes: Floats
    ahead: Floats


class Garch:
    """Market model whose errors have a variance of their own each day, K = 2 + 3."""

    key = "garch"
    title = "market model with GARCH(1,1) errors"
    source = "Bollerslev 1986"
    formula = "E[R] = α + β R_m, h_t = ω + α₁ e²_{t−1} + β₁ h_{t−1}"
    robust_to = frozenset({"changing volatility"})
    regressors = ("market",)

    def fit(self, block: Block) -> Fit:
        """Estimate all five parameters on the valid days of each estimation window.

        Raises:
            BadUsage: the library arch is not installed.
        """
        days = valid_days(block, self.regressors)
        mean, away, squares = centred(days.x["market"], days)
        found, lost = _estimated(days, away, squares)
        alpha = found.height - found.beta * mean
        left = residuals_of(days, alpha, found.beta)
        variances = _filtered(days, left, away, found)
        level, cross, slope = _errors(days, away, variances)
        dof = days.n_obs - ESTIMATED
        spread = np.sqrt(dot(left, left) / np.maximum(dof, 1))
        spread = np.where(spread > SMALLEST_SIGMA, spread, np.nan)
        line = Line(alpha, found.beta, mean, level / spread, slope / spread, cross / spread)
        fit = fit_of_line(
            block,
            days,
            line,
            coefficients={name: getattr(found, name) for name in ("omega", "alpha1", "beta1")},
            unusable={NO_MAXIMUM: lost},
            dof=dof,
        )
        path = _path(found, variances.ahead, _sessions_lost(days) + block.gap, block.event.shape[1])
        return replace(fit, day_scale=path / spread[:, None] ** 2)


def _estimated(days: Days, away: Floats, squares: Floats) -> tuple[_Parameters, Bools]:
    """Return the estimates and which observations have no maximum.

    The line is that of least squares, and there are no other parameters, where the days are too few
    or the residuals have no variance: what is then said of an observation is said elsewhere.
    """
    from backtest.models._garch_likelihood import climber

    climb = climber()
    height = days.y.sum(axis=1) / np.maximum(days.n_obs, 1)
    beta = dot(away, days.y) / squares
    left = np.where(days.valid, days.y - height[:, None] - beta[:, None] * away, 0.0)
    spread = np.sqrt(dot(left, left) / np.maximum(days.n_obs, 1))
    nothing = np.full(len(beta), np.nan)
    found = _Parameters(height, beta, nothing, nothing.copy(), nothing.copy())
    lost = np.zeros(len(beta), dtype=bool)
    for row in np.flatnonzero((days.n_obs > ESTIMATED) & (spread > SMALLEST_SIGMA)):
        some, unit = days.valid[row], spread[row]
        best = climb(days.y[row, some] / unit, away[row, some])
        if best is None:
            lost[row], beta[row] = True, np.nan
            continue
        height[row], beta[row] = best[1][:2] * unit
        found.omega[row], found.alpha1[row], found.beta1[row] = best[1][2:] * (unit**2, 1.0, 1.0)
    return found, lost


def _filtered(days: Days, left: Floats, away: Floats, found: _Parameters) -> _Variances:
    """Run the recursion over the valid days of all observations together.

    Args:
        days: the valid days.
        left: (n, M) residuals, 0 on other days.
        away: (n, M) market return less its mean, 0 on other days.
        found: the parameters.
    """
    count, length = left.shape
    size = np.maximum(days.n_obs, 1)
    design = np.stack([days.valid.astype(np.float64), away], axis=1)
    now = dot(left, left) / size
    tilt = -2.0 * np.einsum("nm,nkm->nk", left, design) / size[:, None]
    daily, slopes = np.empty((count, length)), np.empty((count, 2, length))
    for day in range(length):
        daily[:, day], slopes[:, :, day] = now, tilt
        there, error = days.valid[:, day], left[:, day]
        after = found.omega + found.alpha1 * error**2 + found.beta1 * now
        pull = (-2.0 * found.alpha1 * error)[:, None] * design[:, :, day]
        now = np.where(there, after, now)
        tilt = np.where(there[:, None], pull + found.beta1[:, None] * tilt, tilt)
    return _Variances(daily, slopes, now)


def _errors(days: Days, away: Floats, variances: _Variances) -> tuple[Floats, Floats, Floats]:
    """Return `level`, `cross` and `slope` of `Line` in units of returns, from the information."""
    known = np.where(variances.daily > 0, variances.daily, np.nan)
    weight = np.where(days.valid, 1.0 / known, 0.0)
    by_height, by_slope = (variances.slopes * weight[:, None]).transpose(1, 0, 2)
    there = days.valid.astype(np.float64)
    one = dot(weight, there) + 0.5 * dot(by_height, by_height)
    both = dot(weight, away) + 0.5 * dot(by_height, by_slope)
    other = dot(weight, away**2) + 0.5 * dot(by_slope, by_slope)
    # The Cholesky factor of the inverse of a symmetric 2 × 2 matrix.
    determinant = one * other - both**2
    other = np.where(determinant > 0, other, np.nan)
    level = np.sqrt(other / determinant)
    return level, -both / other * level, 1.0 / np.sqrt(other)


def _sessions_lost(days: Days) -> Ints:
    """Return (n,) how many sessions of the estimation window lie behind the last valid day."""
    return np.where(days.n_obs > 0, days.valid[:, ::-1].argmax(axis=1), 0)


def _path(found: _Parameters, ahead: Floats, skipped: Ints, length: int) -> Floats:
    """Return (n, L) forecasts, the first of the session `skipped` after the one that `ahead` is of.

    Step by step: powers taken of many numbers at once can differ in the last bit from single ones.
    """
    memory = found.alpha1 + found.beta1
    for step in range(int(skipped.max(initial=0))):
        ahead = np.where(step < skipped, found.omega + memory * ahead, ahead)
    path = np.empty((len(ahead), length))
    for day in range(length):
        path[:, day] = ahead
        ahead = found.omega + memory * ahead
    return path


MODEL = Garch()
