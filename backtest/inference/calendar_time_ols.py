"""The calendar-time portfolio alpha with ordinary errors (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import Outcome, Sample
from backtest.inference._calendar_portfolio import equal_weighted
from backtest.inference._portfolio_alpha import portfolio_alpha
from backtest.spec import Window


class CalendarTimeOls:
    """√D · mean(A_d)/sd(A_d), t(D − 1): every calendar date of the window counts once."""

    key = "calendar_time_ols"
    title = "calendar-time alpha, OLS"
    source = "Jaffe 1974; Fama 1998"
    formula = "α = mean_d A_d,  t = α √D / sd(A_d)"
    robust_to = frozenset({"clustering", "event-induced variance"})
    prepare = staticmethod(equal_weighted)

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return portfolio_alpha(sample, _alpha)


TEST = CalendarTimeOls()


def _alpha(abnormal: Floats, _size: Floats, _window: Window) -> tuple[float, float]:
    return float(abnormal.mean()), float(abnormal.std(ddof=1) / np.sqrt(len(abnormal)))
