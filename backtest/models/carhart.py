"""Four factors, the three of Fama & French and momentum: E[R] = r_f + α + B'F (Carhart 1997)."""

from __future__ import annotations

from backtest.engine.block import Block, Fit
from backtest.engine.linear import fit_excess


class CarhartModel:
    """OLS of the security's excess return on four factors, K = 5."""

    key = "carhart"
    title = "Carhart four-factor model"
    source = "Carhart 1997"
    formula = "E[R] = r_f + α + β·MKT + s·SMB + h·HML + m·MOM"
    robust_to = frozenset({"momentum", "size premium", "value premium"})
    regressors = ("mkt_rf", "smb", "hml", "mom", "rf")

    def fit(self, block: Block) -> Fit:
        """Estimate on the days that have the return, every factor and r_f."""
        return fit_excess(block, self.regressors[:-1])


MODEL = CarhartModel()
