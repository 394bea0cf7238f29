"""Five factors of Fama & French and momentum: E[R] = r_f + α + B'F (Fama & French 2018)."""

from __future__ import annotations

from backtest.engine.linear import LinearForm, LinearModel, coefficient_names


class SixFactorModel(LinearModel):
    """OLS of the security's excess return on six factors, K = 7."""

    key = "ff6"
    title = "Fama-French five factors and momentum"
    source = "Fama & French 2018"
    formula = "E[R] = r_f + α + β·MKT + s·SMB + h·HML + r·RMW + c·CMA + m·MOM"
    robust_to = frozenset(
        {"investment premium", "momentum", "profitability premium", "size premium", "value premium"}
    )
    regressors = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")
    form = LinearForm(regressors[:-1], coefficient_names(regressors[:-1]), excess=True)


MODEL = SixFactorModel()
