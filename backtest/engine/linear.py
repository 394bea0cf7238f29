"""Linear normal-performance models: a constant and any number of common series."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.block import COLLINEAR, Block, Fit, variance
from backtest.engine.least_squares import solve


def fit_linear(block: Block, names: tuple[str, ...], coefficients: tuple[str, ...]) -> Fit:
    """Fit E[R] = α + Σ β_k F_k by OLS on each observation's valid estimation days.

    Args:
        block: the observations.
        names: regressors by name, without the constant; () for the constant mean model.
        coefficients: their names in the result, the constant's first.
    """
    estimation, event = _design(block, names)
    # Without a regressor all observations share one design: a column of ones.
    group = block.group if names else np.zeros_like(block.group)
    solution = solve(block.estimation, estimation, group)
    dof = solution.n_obs - estimation.shape[1]
    sigma, unusable = variance(solution.ssr, dof)
    design = event[group]
    return Fit(
        expected=np.einsum("nlk,nk->nl", design, solution.coefficients),
        residuals=solution.residuals,
        n_obs=solution.n_obs,
        dof=dof,
        sigma=sigma,
        scaled_design=np.einsum("nlk,nkj->nlj", design, solution.inverse_r),
        coefficients=dict(zip(coefficients, solution.coefficients.T, strict=True)),
        r_squared=np.divide(
            solution.explained,
            solution.explained + solution.ssr,
            out=np.full(len(sigma), np.nan),
            where=np.isfinite(sigma),
        ),
        unusable={COLLINEAR: solution.deficient, **unusable},
    )


def _design(block: Block, names: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Return the estimation design (g, K, M) and the event design (g, L, K), constant first."""
    series = [block.regressors[name] for name in names]
    groups = len(series[0].estimation) if series else 1
    ones = np.ones((groups, block.estimation.shape[1]))
    estimation = np.stack([ones, *(one.estimation for one in series)], axis=1)
    ones = np.ones((groups, block.event.shape[1]))
    event = np.stack([ones, *(one.event for one in series)], axis=2)
    return estimation, event
