"""The market model: E[R] = α + β R_m (Fama, Fisher, Jensen & Roll 1969; MacKinlay 1997)."""

from __future__ import annotations

from backtest.engine.linear import LinearForm, LinearModel


class MarketModel(LinearModel):
    """OLS of the security's return on the benchmark's, K = 2."""

    key = "market"
    title = "market model"
    source = "Fama, Fisher, Jensen & Roll 1969; MacKinlay 1997"
    formula = "E[R] = α + β R_m"
    robust_to: frozenset[str] = frozenset()
    regressors = ("market",)
    form = LinearForm(regressors, ("alpha", "beta"))


MODEL = MarketModel()
