"""The mean of a calendar-time portfolio's standardised abnormal returns (Jaffe 1974)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backtest.engine.sample import ALONE, Outcome, Sample
from backtest.inference._calendar_portfolio import MIN_DAYS, Portfolio
from backtest.inference._columns import p_student

FEW_DAYS = f"events of a date have fewer than {MIN_DAYS} estimation days in common"


def standardised_dates(sample: Sample, by_column: Sequence[Portfolio]) -> Outcome:
    """Test Σ_d A_d/S_d / √D; dates count equally.

    Args:
        sample: observations with their history.
        by_column: their portfolio in every column.
    """
    count = len(sample.columns)
    statistic, dof = np.full(count, np.nan), np.full(count, np.nan)
    few = np.zeros(count, dtype=bool)
    for column, portfolio in enumerate(by_column):
        standardised = portfolio.abnormal / portfolio.error
        few[column] = np.isnan(standardised).any()
        if len(standardised):
            statistic[column] = standardised.sum() / np.sqrt(len(standardised))
            dof[column] = float(np.median(sample.dof))
    undefined = {ALONE: sample.n < 2, FEW_DAYS: few}
    return Outcome.of(statistic, dof, p_student(statistic, dof), undefined)
