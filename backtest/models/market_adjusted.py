"""The market-adjusted return: E[R] = R_m, nothing estimated (Brown & Warner 1980)."""

from __future__ import annotations

import numpy as np

from backtest.engine.block import Block, Fit, variance


class MarketAdjustedModel:
    """The benchmark's return itself, K = 0."""

    key = "market_adjusted"
    title = "market-adjusted return"
    source = "Brown & Warner 1980"
    formula = "E[R] = R_m"
    robust_to: frozenset[str] = frozenset()
    regressors = ("market",)

    def fit(self, block: Block) -> Fit:
        """Take AR = R − R_m; s² is the sample variance of AR, M − 1 degrees of freedom."""
        market = block.regressors["market"]
        abnormal = block.estimation - market.estimation[block.group]
        present = np.isfinite(abnormal)
        n_obs = present.sum(axis=1)
        mean = np.where(present, abnormal, 0.0).sum(axis=1) / np.maximum(n_obs, 1)
        centred = np.where(present, abnormal - mean[:, None], 0.0)
        dof = n_obs - 1
        sigma, unusable = variance(np.einsum("nm,nm->n", centred, centred), dof)
        count, length = block.event.shape
        return Fit(
            expected=market.event[block.group],
            residuals=abnormal,
            n_obs=n_obs,
            dof=dof,
            sigma=sigma,
            scaled_design=np.zeros((count, length, 0)),
            coefficients={},
            r_squared=np.full(count, np.nan),
            unusable=unusable,
        )


MODEL = MarketAdjustedModel()
