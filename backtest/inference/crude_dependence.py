"""The crude dependence adjustment: the portfolio's own spread (Brown & Warner 1980, 1985)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.history import History
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
        # Not part by part: sums over one column alone are taken in another order.
        _, mean, _ = mean_and_sd(sample.car)
        for columns, part in sample.parts():
            if len(part.car):
                days, spread = _spread(part.before)
                length = np.array([len(column) for column in part.columns])
                with np.errstate(divide="ignore", invalid="ignore"):
                    statistic[columns] = mean[columns] / (np.sqrt(length) * spread)
                dof[columns] = days - 1
        undefined = {ALONE: sample.n < 2, FEW_DAYS: ~(dof >= 1)}
        return Outcome.of(statistic, dof, p_student(statistic, dof), undefined)


TEST = CrudeDependence()


def _spread(before: History) -> tuple[float, float]:
    """Return the days of E with an average residual, and its standard deviation over them."""
    total, n = _sums(before)
    average = total[n > 0] / n[n > 0]
    _, _, sd = mean_and_sd(average[:, None])
    return float(len(average)), float(sd[0])


def _sums(before: History) -> tuple[Floats, Floats]:
    """Return the sum of each day's residuals (M,), and how many there are."""
    if before.abnormal.many:
        from backtest.engine.history_kernels import day_sums

        total, count = (np.zeros(len(before.estimation)) for _ in range(2))
        for _, at in before.abnormal.pieces():
            day_sums(before.abnormal.whole, at, total, count)
        return total, count
    every = before.residuals[:]
    present = np.isfinite(every)
    return np.where(present, every, 0.0).sum(axis=0), present.sum(axis=0).astype(np.float64)
