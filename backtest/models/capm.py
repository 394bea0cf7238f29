"""The CAPM with an intercept: E[R] = r_f + α + β (R_m − r_f) (Sharpe 1964)."""

from __future__ import annotations

from backtest.engine.linear import LinearForm, LinearModel


class CapmModel(LinearModel):
    """OLS of the security's excess return on the benchmark's, K = 2.

    R_m is the study's benchmark, as in the market model, so that the two differ by r_f alone; the
    factor table gives r_f. Against the whole American market, `factors` regresses on `rf+mkt_rf`.
    """

    key = "capm"
    title = "capital asset pricing model"
    source = "Sharpe 1964"
    formula = "E[R] = r_f + α + β·(R_m − r_f)"
    robust_to: frozenset[str] = frozenset()
    regressors = ("market", "rf")
    form = LinearForm(("market",), ("alpha", "beta"), excess=True, assets=("market",))


MODEL = CapmModel()
