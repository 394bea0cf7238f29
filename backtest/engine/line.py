"""Lines E[R] = α + β R_m estimated in other ways than by least squares: from α and β to a `Fit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import COLLINEAR, Block, Fit, variance


@dataclass(frozen=True, slots=True)
class Days:
    """The estimation window on the days that an observation can use.

    Attributes:
        valid: (n, M) days on which the return and every regressor are there.
        n_obs: (n,) how many.
        y: (n, M) returns, 0 on other days.
        x: regressor name → (n, M), 0 on other days.
    """

    valid: Bools
    n_obs: Ints
    y: Floats
    x: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Line:
    """Estimates and what their error adds to a forecast, all (n,).

    At a market return `d` from `centre` the prediction's standard error is s·‖(level + cross·d,
    slope·d)‖: `level` is that of the line's height at the centre, and `cross` is 0 where height
    and slope are uncorrelated there.
    """

    alpha: Floats
    beta: Floats
    centre: Floats
    level: Floats
    slope: Floats
    cross: Floats


def valid_days(block: Block, names: tuple[str, ...]) -> Days:
    """Return the estimation window of a block, with the regressors named."""
    series = {name: block.regressors[name].estimation[block.group] for name in names}
    valid = np.isfinite(block.estimation)
    for one in series.values():
        valid &= np.isfinite(one)
    return Days(
        valid,
        valid.sum(axis=1),
        np.where(valid, block.estimation, 0.0),
        {name: np.where(valid, one, 0.0) for name, one in series.items()},
    )


def dot(one: Floats, other: Floats) -> Floats:
    """Return the sums (n,) of products of rows; the bits of a row do not depend on the others."""
    sums: Floats = np.einsum("nm,nm->n", one, other)
    return sums


def centred(values: Floats, days: Days) -> tuple[Floats, Floats, Floats]:
    """Return mean (n,), deviations (n, M) and their sum of squares (n,), NaN for a constant.

    Args:
        values: (n, M), 0 on days that are not valid.
        days: which are valid.
    """
    mean = values.sum(axis=1) / np.maximum(days.n_obs, 1)
    deviations = np.where(days.valid, values - mean[:, None], 0.0)
    squares = dot(deviations, deviations)
    rounding = values.shape[1] * np.finfo(np.float64).eps
    constant = squares <= rounding**2 * dot(values, values)
    return mean, deviations, np.where(constant, np.nan, squares)


def residuals_of(days: Days, alpha: Floats, beta: Floats) -> Floats:
    """Return R − α − β R_m (n, M), 0 on days that are not valid."""
    line = alpha[:, None] + beta[:, None] * days.x["market"]
    return np.where(days.valid, days.y - line, 0.0)


def fit_of_line(
    block: Block,
    days: Days,
    line: Line,
    *,
    coefficients: Mapping[str, Floats] | None = None,
    unusable: Mapping[str, Bools] | None = None,
    weights: Floats | None = None,
    dof: Ints | None = None,
) -> Fit:
    """Predict by the line; s² = Σ w e² / dof.

    Args:
        block: the observations.
        days: their valid days, with `market` among the regressors.
        line: the estimates, NaN where the regressors are constant or collinear.
        coefficients: more of them by name, each (n,).
        unusable: reasons of the model's own.
        weights: (n, M) of the squares in s², 0 on other days; default 1 each.
        dof: (n,) residual degrees of freedom; default M_i − 2.
    """
    left = residuals_of(days, line.alpha, line.beta)
    weights = days.valid.astype(np.float64) if weights is None else weights
    dof = days.n_obs - 2 if dof is None else dof
    ssr = dot(weights, left**2)
    sigma, without = variance(ssr, dof)
    market = block.regressors["market"].event[block.group]
    away = market - line.centre[:, None]
    own = dict(unusable or {})
    unknown = np.isnan(line.beta) & (days.n_obs > 0)
    for where in own.values():
        unknown &= ~where
    design = [line.level[:, None] + line.cross[:, None] * away, line.slope[:, None] * away]
    return Fit(
        expected=line.alpha[:, None] + line.beta[:, None] * market,
        residuals=np.where(days.valid & np.isfinite(line.beta)[:, None], left, np.nan),
        n_obs=days.n_obs,
        dof=dof,
        sigma=sigma,
        scaled_design=np.stack(design, axis=2),
        coefficients={"alpha": line.alpha, "beta": line.beta, **(coefficients or {})},
        r_squared=determination(days, weights, ssr, sigma),
        unusable={COLLINEAR: unknown, **own, **without},
    )


def determination(days: Days, weights: Floats, ssr: Floats, sigma: Floats) -> Floats:
    """Return R² = 1 − Σ w e² / Σ w (R − R̄)² (n,), NaN where nothing is estimated.

    Only the least-squares line leaves the least; another has a lower R², a bad one a negative R².
    """
    mean = dot(weights, days.y) / np.maximum(weights.sum(axis=1), np.finfo(np.float64).tiny)
    total = dot(weights, np.where(days.valid, days.y - mean[:, None], 0.0) ** 2)
    there = np.isfinite(sigma) & (total > 0)
    share = np.full(len(ssr), np.nan)
    np.divide(ssr, total, out=share, where=there)
    return 1.0 - share
