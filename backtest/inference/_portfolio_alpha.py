"""The mean abnormal return of a calendar-time portfolio over its dates, and its t (Fama 1998)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import ALONE, Outcome, Sample
from backtest.inference._calendar_portfolio import equal_weighted
from backtest.inference._columns import p_student
from backtest.spec import Window

MIN_DATES = 10
"""Below it a spread over dates says little, and robust errors nothing."""

FEW_DATES = f"the window falls on fewer than {MIN_DATES} calendar dates"

Error = Callable[[Floats, Floats, Window], tuple[float, float]]
"""Given abnormal returns and sizes (D,) and the window: the alpha and its standard error."""


def portfolio_alpha(sample: Sample, error: Error) -> Outcome:
    """Test the portfolio's alpha in every column, t(D − 1); equal weights within a date."""
    count = len(sample.columns)
    statistic, dof = np.full(count, np.nan), np.full(count, np.nan)
    few = np.ones(count, dtype=bool)
    for column, portfolio in enumerate(equal_weighted(sample)):
        dates = len(portfolio.abnormal)
        few[column] = dates < MIN_DATES
        if not few[column]:
            alpha, spread = error(portfolio.abnormal, portfolio.size, sample.columns[column])
            statistic[column] = alpha / spread if spread > 0 else np.nan
            dof[column] = dates - 1
    undefined = {ALONE: sample.n < 2, FEW_DATES: few, "no spread": ~few & np.isnan(statistic)}
    return Outcome.of(statistic, dof, p_student(statistic, dof), undefined)
