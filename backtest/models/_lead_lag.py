"""One regression on the market's lag, same-day and lead return, summed into one β."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from backtest.engine.arrays import Bools, Floats
from backtest.engine.block import COLLINEAR, Block, Fit, variance
from backtest.engine.least_squares import solve
from backtest.engine.line import Days, determination, dot, residuals_of
from backtest.models._autocorrelation import LAG, LEAD, NOW

SERIES = (LAG, NOW, LEAD)


def fit_summed(
    block: Block, days: Days, weight: Floats, unusable: Mapping[str, Bools] | None = None
) -> Fit:
    """Fit E[R] = α + β R_m with β = w β₋₁ + β₀ + w β₊₁ and α of that one regression, K = 4.

    The prediction is x_τ b for x_τ = (1, w R_mτ, R_mτ, w R_mτ), so its variance is
    s² x_τ (X'X)⁻¹ x_τ'. Residuals are abnormal returns of the same kind, R − α − β R_m, and not
    those of the regression, which would know of the market's other days what the event's abnormal
    returns do not; s² = Σ e² / (M − 4).

    Args:
        block: the observations.
        days: their valid days.
        weight: (n,) w, NaN where it is not defined.
        unusable: why it is not.
    """
    series = [block.regressors[name].estimation for name in SERIES]
    solution = solve(
        block.estimation, np.stack([np.ones_like(series[0]), *series], axis=1), block.group
    )
    alpha, lag, same, lead = solution.coefficients.T
    beta = weight * lag + same + weight * lead
    left = residuals_of(days, alpha, beta)
    ssr, dof = dot(left, left), solution.n_obs - 4
    sigma, without = variance(ssr, dof)
    market = block.regressors[NOW].event[block.group]
    level = solution.inverse_r[:, 0]
    _, of_lag, of_same, of_lead = solution.inverse_r.transpose(1, 0, 2)
    tilt = weight[:, None] * (of_lag + of_lead) + of_same
    return Fit(
        expected=alpha[:, None] + beta[:, None] * market,
        residuals=np.where(days.valid & np.isfinite(beta)[:, None], left, np.nan),
        n_obs=solution.n_obs,
        dof=dof,
        sigma=sigma,
        scaled_design=level[:, None, :] + market[:, :, None] * tilt[:, None, :],
        coefficients={
            "alpha": alpha,
            "beta": beta,
            "beta_lag": lag,
            "beta_same": same,
            "beta_lead": lead,
        },
        r_squared=determination(days, days.valid.astype(np.float64), ssr, sigma),
        unusable={COLLINEAR: solution.deficient, **(unusable or {}), **without},
    )
