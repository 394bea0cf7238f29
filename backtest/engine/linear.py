"""Linear normal-performance models: a constant and any number of common series."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.block import COLLINEAR, Block, ExpectedReturnModel, Fit, Regressor, variance
from backtest.engine.least_squares import solve

RISK_FREE = "rf"
"""The regressor that is the risk-free return."""


@dataclass(frozen=True, slots=True)
class LinearForm:
    """What a linear model regresses on, so that it can be estimated without asking the model.

    Attributes:
        names: common series, without the constant and `rf`; () for the constant mean model.
        coefficients: their names in the result, the constant's first.
        excess: whether r_f is taken off the security's return (METHODS §10).
        assets: those of the names that are returns of assets, from which r_f is taken off too.
    """

    names: tuple[str, ...]
    coefficients: tuple[str, ...]
    excess: bool = False
    assets: tuple[str, ...] = ()

    def fit(self, block: Block) -> Fit:
        """Estimate by OLS on each observation's valid estimation days."""
        if self.excess:
            return fit_excess(block, self.names, self.coefficients, self.assets)
        return fit_linear(block, self.names, self.coefficients)


class LinearModel:
    """A model that is its linear form and nothing else."""

    form: LinearForm

    def fit(self, block: Block) -> Fit:
        """Estimate on the days that have the return and every series."""
        return self.form.fit(block)


def linear_form(model: ExpectedReturnModel) -> LinearForm | None:
    """Return the form of a model that is nothing else; None where it does more in its `fit`."""
    own = getattr(type(model), "fit", None) is LinearModel.fit
    return model.form if own and isinstance(model, LinearModel) else None


def fit_linear(block: Block, names: tuple[str, ...], coefficients: tuple[str, ...]) -> Fit:
    """Fit E[R] = α + Σ β_k F_k by OLS on each observation's valid estimation days.

    Args:
        block: the observations.
        names: regressors by name, without the constant; () for the constant mean model.
        coefficients: their names in the result, the constant's first.
    """
    series = [block.regressors[name] for name in names]
    estimation, event = designs(series, block.estimation.shape[1], block.event.shape[1])
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


def fit_excess(
    block: Block,
    names: tuple[str, ...],
    coefficients: tuple[str, ...],
    assets: Collection[str] = (),
) -> Fit:
    """Fit E[R] = r_f + α + Σ β_k F_k by OLS of R − r_f on the factors (METHODS §10).

    Both sides are in excess form, so AR = R − r_f − fitted excess. A day without r_f is missing.

    Args:
        block: the observations; `rf` is among the regressors.
        names: factors by name, without the constant and `rf`.
        coefficients: their names in the result, the constant's first.
        assets: those of them that are returns of assets, from which r_f is taken off too.
    """
    free = block.regressors[RISK_FREE]
    excess = replace(
        block,
        estimation=block.estimation - free.estimation[block.group],
        event=block.event - free.event[block.group],
        regressors=in_excess(block.regressors, assets),
    )
    fit = fit_linear(excess, names, coefficients)
    return replace(fit, expected=fit.expected + free.event[block.group])


def coefficient_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return `alpha`, then `beta` for the market's and each other factor's own name."""
    market = next((name for name in ("market", "mkt_rf") if name in names), None)
    return ("alpha", *("beta" if name == market else name for name in names))


def in_excess(series: dict[str, Regressor], assets: Collection[str]) -> dict[str, Regressor]:
    """Take r_f off the returns of assets; factors are differences of returns already."""
    free = series[RISK_FREE]
    return {
        name: Regressor(one.estimation - free.estimation, one.event - free.event)
        if name in assets
        else one
        for name, one in series.items()
    }


def designs(series: Sequence[Regressor], days: int, length: int) -> tuple[Floats, Floats]:
    """Return the estimation design (g, K, M) and the event design (g, L, K), constant first.

    Args:
        series: the regressors; () for a constant alone, which is one design.
        days: M.
        length: L.
    """
    groups = len(series[0].estimation) if series else 1
    estimation = np.stack([np.ones((groups, days)), *(one.estimation for one in series)], axis=1)
    event = np.stack([np.ones((groups, length)), *(one.event for one in series)], axis=2)
    return estimation, event
