"""The calendar-time portfolio alpha, dates weighted by size, with HC1 errors (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import Outcome, Sample
from backtest.inference._calendar_portfolio import equal_weighted
from backtest.inference._portfolio_alpha import portfolio_alpha
from backtest.spec import Window


class CalendarTimeHc1:
    """Dates weighted by their number of events (WLS); each date has its own variance."""

    key = "calendar_time_hc1"
    title = "calendar-time alpha, size-weighted, HC1"
    source = "Fama 1998; MacKinnon & White 1985"
    formula = "α = Σ n_d A_d / Σ n_d,  Var = D/(D−1) · Σ n_d² u_d² / (Σ n_d)²"
    robust_to = frozenset({"clustering", "event-induced variance"})
    prepare = staticmethod(equal_weighted)

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return portfolio_alpha(sample, _alpha)


TEST = CalendarTimeHc1()


def _alpha(abnormal: Floats, size: Floats, _window: Window) -> tuple[float, float]:
    share = size / size.sum()
    alpha = float(share @ abnormal)
    dates = len(abnormal)
    meat = float((share * (abnormal - alpha)) @ (share * (abnormal - alpha)))
    return alpha, float(np.sqrt(dates / (dates - 1) * meat))
