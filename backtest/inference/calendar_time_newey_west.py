"""The calendar-time portfolio alpha with Newey–West errors (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import Outcome, Sample
from backtest.inference._calendar_portfolio import equal_weighted
from backtest.inference._portfolio_alpha import portfolio_alpha
from backtest.spec import Window


class CalendarTimeNeweyWest:
    """Mean over dates; Bartlett weights to lag ⌊4 (D/100)^(2/9)⌋, or the window less a day."""

    key = "calendar_time_newey_west"
    title = "calendar-time alpha, Newey–West"
    source = "Newey & West 1987; Fama 1998"
    formula = "Var(α) = (1/D²) [Σ u_d² + 2 Σ_l (1 − l/(l̄+1)) Σ_d u_d u_{d−l}] · D/(D−1)"
    robust_to = frozenset({"clustering", "event-induced variance"})
    prepare = staticmethod(equal_weighted)

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return portfolio_alpha(sample, _alpha)


TEST = CalendarTimeNeweyWest()


def _alpha(abnormal: Floats, _size: Floats, window: Window) -> tuple[float, float]:
    dates = len(abnormal)
    off = abnormal - abnormal.mean()
    # Portfolios of neighbouring dates share members for as long as a window lasts.
    most = max(int(4 * (dates / 100) ** (2 / 9)), len(window) - 1)
    lags = min(most, dates - 1)
    total = float(off @ off)
    for lag in range(1, lags + 1):
        total += 2.0 * (1.0 - lag / (lags + 1)) * float(off[lag:] @ off[:-lag])
    return float(abnormal.mean()), float(np.sqrt(total / dates / (dates - 1)))
