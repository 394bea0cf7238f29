"""Five factors, with profitability and investment: E[R] = r_f + α + B'F (Fama & French 2015)."""

from __future__ import annotations

from backtest.engine.linear import LinearForm, LinearModel, coefficient_names


class FiveFactorModel(LinearModel):
    """OLS of the security's excess return on five factors, K = 6."""

    key = "ff5"
    title = "Fama-French five-factor model"
    source = "Fama & French 2015"
    formula = "E[R] = r_f + α + β·MKT + s·SMB + h·HML + r·RMW + c·CMA"
    robust_to = frozenset(
        {"investment premium", "profitability premium", "size premium", "value premium"}
    )
    regressors = ("mkt_rf", "smb", "hml", "rmw", "cma", "rf")
    form = LinearForm(regressors[:-1], coefficient_names(regressors[:-1]), excess=True)


MODEL = FiveFactorModel()
