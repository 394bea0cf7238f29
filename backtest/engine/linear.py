"""Linear normal-performance models: a constant and any number of common series."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.block import COLLINEAR, Block, Fit, Regressor, variance
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


RISK_FREE = "rf"
"""The regressor that is the risk-free return."""


def fit_excess(block: Block, names: tuple[str, ...], assets: Collection[str] = ()) -> Fit:
    """Fit E[R] = r_f + α + Σ β_k F_k by OLS of R − r_f on the factors (METHODS §10).

    Both sides are in excess form, so AR = R − r_f − fitted excess. A day without r_f is missing.

    Args:
        block: the observations; `rf` is among the regressors.
        names: factors by name, without the constant and `rf`.
        assets: those of them that are returns of assets, from which r_f is taken off too.
    """
    free = block.regressors[RISK_FREE]
    excess = replace(
        block,
        estimation=block.estimation - free.estimation[block.group],
        event=block.event - free.event[block.group],
        regressors={
            name: Regressor(one.estimation - free.estimation, one.event - free.event)
            if name in assets
            else one
            for name, one in block.regressors.items()
        },
    )
    fit = fit_linear(excess, names, coefficient_names(names))
    return replace(fit, expected=fit.expected + free.event[block.group])


def coefficient_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return `alpha`, then `beta` for the market's and each other factor's own name."""
    market = next((name for name in ("market", "mkt_rf") if name in names), None)
    return ("alpha", *("beta" if name == market else name for name in names))


def _design(block: Block, names: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Return the estimation design (g, K, M) and the event design (g, L, K), constant first."""
    series = [block.regressors[name] for name in names]
    groups = len(series[0].estimation) if series else 1
    ones = np.ones((groups, block.estimation.shape[1]))
    estimation = np.stack([ones, *(one.estimation for one in series)], axis=1)
    ones = np.ones((groups, block.event.shape[1]))
    event = np.stack([ones, *(one.event for one in series)], axis=2)
    return estimation, event
