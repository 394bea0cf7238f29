"""The market model with the consistent β of thin trading (Scholes & Williams 1977).

A closing price that is some hours old makes a security's return follow the market's of the session
before or after. β = (β⁻¹ + β⁰ + β⁺¹) / (1 + 2ρ_m): the slopes of three simple regressions, on the
market's return of the session before, of the same and of the next one, over what the market's own
first autocorrelation ρ_m brings in. α = R̄ − β R̄_m. All over the estimation days on which the return
and the three market returns are there; the last day's lead is the market of the session after it.
"""

from __future__ import annotations

import numpy as np

from backtest.engine.block import Block, Fit
from backtest.engine.line import Line, centred, dot, fit_of_line, valid_days
from backtest.models._autocorrelation import LAG, LEAD, NEGATIVE, NOW, autocorrelation


class ScholesWilliams:
    """β from one lag and one lead, K = 2.

    The estimator is linear in the security's returns, β = Σ w_t R_t with Σ w_t = 0. So a forecast
    has the variance s²(1 + 1/M + (R_m − R̄_m)² Σ w²) under independent errors: the market model's
    with Σ w² in place of 1 / Σ (R_m − R̄_m)².
    """

    key = "scholes_williams"
    title = "market model, Scholes–Williams β"
    source = "Scholes & Williams 1977"
    formula = "E[R] = α + β R_m, β = (β⁻¹ + β⁰ + β⁺¹) / (1 + 2ρ_m)"
    robust_to = frozenset({"thin trading"})
    regressors = (LAG, NOW, LEAD)

    def fit(self, block: Block) -> Fit:
        """Estimate the three slopes and ρ_m on the valid days of each estimation window."""
        days = valid_days(block, self.regressors)
        rho, low = autocorrelation(days)
        slopes, weights = {}, np.zeros_like(days.y)
        for name in self.regressors:
            _, deviations, squares = centred(days.x[name], days)
            share = deviations / squares[:, None]
            slopes[name] = dot(share, days.y)
            weights += share
        weights /= 1.0 + 2.0 * rho[:, None]
        beta = dot(weights, days.y)
        count = np.maximum(days.n_obs, 1)
        mean = days.x[NOW].sum(axis=1) / count
        line = Line(
            alpha=days.y.sum(axis=1) / count - beta * mean,
            beta=beta,
            centre=mean,
            level=1.0 / np.sqrt(count),
            slope=np.sqrt(dot(weights, weights)),
            cross=np.zeros_like(beta),
        )
        named = {"beta_lag": slopes[LAG], "beta_same": slopes[NOW], "beta_lead": slopes[LEAD]}
        return fit_of_line(
            block,
            days,
            line,
            coefficients={**named, "autocorrelation": rho},
            unusable={NEGATIVE: low},
        )


MODEL = ScholesWilliams()
