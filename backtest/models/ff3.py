"""Three factors, market, size and value: E[R] = r_f + α + B'F (Fama & French 1993)."""

from __future__ import annotations

from backtest.engine.linear import LinearForm, LinearModel, coefficient_names


class ThreeFactorModel(LinearModel):
    """OLS of the security's excess return on three factors, K = 4."""

    key = "ff3"
    title = "Fama-French three-factor model"
    source = "Fama & French 1993"
    formula = "E[R] = r_f + α + β·MKT + s·SMB + h·HML"
    robust_to = frozenset({"size premium", "value premium"})
    regressors = ("mkt_rf", "smb", "hml", "rf")
    form = LinearForm(regressors[:-1], coefficient_names(regressors[:-1]), excess=True)


MODEL = ThreeFactorModel()
