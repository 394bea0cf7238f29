"""The constant mean return model: E[R] = μ (Brown & Warner 1980)."""

from __future__ import annotations

from backtest.engine.linear import LinearForm, LinearModel


class MeanModel(LinearModel):
    """The estimation window's mean return, K = 1."""

    key = "mean"
    title = "constant mean return"
    source = "Brown & Warner 1980"
    formula = "E[R] = μ"
    robust_to: frozenset[str] = frozenset()
    regressors = ()
    form = LinearForm((), ("alpha",))


MODEL = MeanModel()
