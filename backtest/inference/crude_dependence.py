"""The crude dependence adjustment: the portfolio's own spread (Brown & Warner 1980, 1985)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import ALONE, Outcome, Sample
from backtest.inference._columns import mean_and_sd, p_student

FEW_DAYS = "fewer than 2 estimation days have abnormal returns"


class CrudeDependence:
    """CAAR / (√L · s_A), t(M − 1); s_A is the spread of the event-time mean over estimation days.

    Events whose abnormal returns move together make that mean spread more, so clustering enters;
    a variance that the event itself changes does not.
    """

    key = "crude_dependence"
    title = "crude dependence adjustment"
    source = "Brown & Warner 1980, 1985"
    formula = "CAAR / (√L · s_A),  s_A² = Σ_E (AAR_t − mean)² / (M−1)"
    robust_to = frozenset({"clustering"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        count = len(sample.columns)
        statistic, dof = np.full(count, np.nan), np.full(count, np.nan)
        for columns, part in sample.parts():
            if len(part.car):
                days, spread = _spread(part.before.residuals[:])
                length = np.array([len(column) for column in part.columns])
                with np.errstate(divide="ignore", invalid="ignore"):
                    mean = part.car.mean(axis=0)
                    statistic[columns] = mean / (np.sqrt(length) * spread)
                dof[columns] = days - 1
        undefined = {ALONE: sample.n < 2, FEW_DAYS: ~(dof >= 1)}
        return Outcome.of(statistic, dof, p_student(statistic, dof), undefined)


TEST = CrudeDependence()


def _spread(residuals: Floats) -> tuple[float, float]:
    """Return the days of E with an average residual, and its standard deviation over them."""
    present = np.isfinite(residuals)
    n = present.sum(axis=0)
    average = np.where(present, residuals, 0.0).sum(axis=0)[n > 0] / n[n > 0]
    _, _, sd = mean_and_sd(average[:, None])
    return float(len(average)), float(sd[0])
