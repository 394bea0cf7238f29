"""The market model with Dimson's β, leads and lags weighted (Fowler & Rorke 1983).

Where the market's returns are themselves autocorrelated by ρ, as thin trading makes them, the plain
sum of slopes is not consistent. With one lead and lag both are weighted w = (1 + ρ) / (1 + 2ρ):
β = w β₋₁ + β₀ + w β₊₁. All else is as in `dimson`; the weight counts as known.
"""

from __future__ import annotations

from backtest.engine.block import Block, Fit
from backtest.engine.line import valid_days
from backtest.models._autocorrelation import NEGATIVE, autocorrelation
from backtest.models._lead_lag import SERIES, fit_summed


class DimsonFowlerRorke:
    """β = w β₋₁ + β₀ + w β₊₁, K = 4."""

    key = "dimson_fowler_rorke"
    title = "market model, Dimson β with Fowler–Rorke weights"
    source = "Dimson 1979; Fowler & Rorke 1983"
    formula = "E[R] = α + β R_m, β = w β₋₁ + β₀ + w β₊₁, w = (1 + ρ_m) / (1 + 2ρ_m)"
    robust_to = frozenset({"thin trading"})
    regressors = SERIES

    def fit(self, block: Block) -> Fit:
        """Regress on lag, same day and lead on the valid days of each estimation window."""
        days = valid_days(block, SERIES)
        rho, low = autocorrelation(days)
        return fit_summed(block, days, (1.0 + rho) / (1.0 + 2.0 * rho), {NEGATIVE: low})


MODEL = DimsonFowlerRorke()
