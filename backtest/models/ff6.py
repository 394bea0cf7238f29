"""Five factors of Fama & French and momentum: E[R] = r_f + α + B'F (Fama & French 2018)."""

from __future__ import annotations

from backtest.engine.block import Block, Fit
from backtest.engine.linear import fit_excess


class SixFactorModel:
    """OLS of the security's excess return on six factors, K = 7."""

    key = "ff6"
    title = "Fama-French five factors and momentum"
    source = "Fama & French 2018"
    formula = "E[R] = r_f + α + β·MKT + s·SMB + h·HML + r·RMW + c·CMA + m·MOM"
    robust_to = frozenset(
        {"investment premium", "momentum", "profitability premium", "size premium", "value premium"}
    )
    regressors = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")

    def fit(self, block: Block) -> Fit:
        """Estimate on the days that have the return, every factor and r_f."""
        return fit_excess(block, self.regressors[:-1])


MODEL = SixFactorModel()
