"""The market model: E[R] = α + β R_m (Fama, Fisher, Jensen & Roll 1969; MacKinlay 1997)."""

from __future__ import annotations

from backtest.engine.block import Block, Fit
from backtest.engine.linear import fit_linear


class MarketModel:
    """OLS of the security's return on the benchmark's, K = 2."""

    key = "market"
    title = "market model"
    source = "Fama, Fisher, Jensen & Roll 1969; MacKinlay 1997"
    formula = "E[R] = α + β R_m"
    robust_to: frozenset[str] = frozenset()
    regressors = ("market",)

    def fit(self, block: Block) -> Fit:
        """Estimate α and β on the valid days of each estimation window."""
        return fit_linear(block, self.regressors, ("alpha", "beta"))


MODEL = MarketModel()
