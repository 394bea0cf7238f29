"""Any factors that the study names: columns of the factor table, securities, the benchmark."""

from __future__ import annotations

from backtest.engine.block import ExpectedReturnModel
from backtest.engine.linear import RISK_FREE, LinearForm, LinearModel, coefficient_names
from backtest.spec import StudySpec, is_ticker


class FactorsModel(LinearModel):
    """OLS with a constant on the factors of `--factors`, K = their number + 1.

    A name with small letters is a column of the factor table, one without is a ticker whose return
    is read from the prices, and `market` is the benchmark. `rf` is no regressor: naming it puts the
    study in excess form, r_f being taken off the security's return and off every return of an
    asset (tickers, `market`), while columns enter as they are. Without it all returns are raw. So
    `rf+mkt_rf+smb+hml` is `ff3`, `rf+market` is `capm` and `market` the market model.
    """

    key = "factors"
    title = "factors of one's own"
    source = "Campbell, Lo & MacKinlay 1997"
    formula = "E[R] = α + Σ β_k·F_k, or r_f + α + Σ β_k·F_k where rf is named"
    robust_to: frozenset[str] = frozenset()
    regressors: tuple[str, ...] = ()

    def __init__(self, factors: tuple[str, ...] = ()) -> None:
        self.regressors = factors
        names = tuple(name for name in factors if name != RISK_FREE)
        excess = len(names) < len(factors)
        assets = tuple(name for name in names if name == "market" or is_ticker(name))
        self.form = LinearForm(names, coefficient_names(names), excess, assets if excess else ())

    def for_study(self, spec: StudySpec) -> ExpectedReturnModel:
        """Return the model with the factors of a study."""
        return FactorsModel(spec.factors)


MODEL = FactorsModel()
