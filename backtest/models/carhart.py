"""Four factors, the three of Fama & French and momentum: E[R] = r_f + α + B'F (Carhart 1997)."""

from __future__ import annotations

from backtest.engine.linear import LinearForm, LinearModel, coefficient_names


class CarhartModel(LinearModel):
    """OLS of the security's excess return on four factors, K = 5."""

    key = "carhart"
    title = "Carhart four-factor model"
    source = "Carhart 1997"
    formula = "E[R] = r_f + α + β·MKT + s·SMB + h·HML + m·MOM"
    robust_to = frozenset({"momentum", "size premium", "value premium"})
    regressors = ("mkt_rf", "smb", "hml", "mom", "rf")
    form = LinearForm(regressors[:-1], coefficient_names(regressors[:-1]), excess=True)


MODEL = CarhartModel()
