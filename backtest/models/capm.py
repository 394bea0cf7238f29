"""The CAPM with an intercept: E[R] = r_f + α + β (R_m − r_f) (Sharpe 1964)."""

from __future__ import annotations

from backtest.engine.block import Block, Fit
from backtest.engine.linear import fit_excess


class CapmModel:
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

    def fit(self, block: Block) -> Fit:
        """Estimate α and β on the days that have both returns and r_f."""
        return fit_excess(block, ("market",), assets=("market",))


MODEL = CapmModel()
