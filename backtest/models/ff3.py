"""Three factors, market, size and value: E[R] = r_f + α + B'F (Fama & French 1993)."""

from __future__ import annotations

from backtest.engine.block import Block, Fit
from backtest.engine.linear import fit_excess


class ThreeFactorModel:
    """OLS of the security's excess return on three factors, K = 4."""

    key = "ff3"
    title = "Fama-French three-factor model"
    source = "Fama & French 1993"
    formula = "E[R] = r_f + α + β·MKT + s·SMB + h·HML"
    robust_to = frozenset({"size premium", "value premium"})
    regressors = ("mkt_rf", "smb", "hml", "rf")

    def fit(self, block: Block) -> Fit:
        """Estimate on the days that have the return, every factor and r_f."""
        return fit_excess(block, self.regressors[:-1])


MODEL = ThreeFactorModel()
