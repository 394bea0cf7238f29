"""The constant mean return model: E[R] = μ (Brown & Warner 1980)."""

from __future__ import annotations

from backtest.engine.block import Block, Fit
from backtest.engine.linear import fit_linear


class MeanModel:
    """The estimation window's mean return, K = 1."""

    key = "mean"
    title = "constant mean return"
    source = "Brown & Warner 1980"
    formula = "E[R] = μ"
    robust_to: frozenset[str] = frozenset()
    regressors = ()

    def fit(self, block: Block) -> Fit:
        """Estimate μ on the valid days of each estimation window."""
        return fit_linear(block, self.regressors, ("alpha",))


MODEL = MeanModel()
