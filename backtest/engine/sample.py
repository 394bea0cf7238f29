"""What a sample test is given and what it answers (METHODS §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.spec import Window

ALONE = "needs at least 2 observations"
SAME = "all observations are equal: no spread to test against"


@dataclass(frozen=True, slots=True)
class Sample:
    """Abnormal returns of N observations over C columns; a column is a day or a window.

    A day τ is the window τ:τ, where CAR is AR and SCAR is SAR. Missing values are NaN and leave
    their column only, so every statistic uses the N of its own column.

    Attributes:
        columns: (C,) the windows.
        car: (N, C) cumulative abnormal returns.
        scar: (N, C) CAR over its full forecast standard error.
        sar_sum: (N, C) sums of the daily SARs.
        n_days: (N, C) days cumulated.
        dof: (N,) residual degrees of freedom of each observation's fit.
    """

    columns: tuple[Window, ...]
    car: Floats
    scar: Floats
    sar_sum: Floats
    n_days: Ints
    dof: Ints

    @property
    def present(self) -> Bools:
        """(N, C) whether the observation has a value in the column."""
        return np.isfinite(self.car)

    @property
    def n(self) -> Ints:
        """(C,) observations in each column."""
        count: Ints = self.present.sum(axis=0)
        return count

    def take(self, rows: Ints) -> Sample:
        """Return the sample of some observations."""
        return Sample(
            self.columns,
            self.car[rows],
            self.scar[rows],
            self.sar_sum[rows],
            self.n_days[rows],
            self.dof[rows],
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A test's answer for each column; where a reason stands the numbers are NaN.

    Attributes:
        statistic: (C,).
        dof: (C,) degrees of freedom, NaN for a distribution without any.
        p: (C,) two-sided p by the survival function.
        reasons: (C,) why the test is not defined there, or None.
    """

    statistic: Floats
    dof: Floats
    p: Floats
    reasons: tuple[str | None, ...]

    @classmethod
    def of(
        cls, statistic: Floats, dof: Floats | None, p: Floats, undefined: dict[str, Bools]
    ) -> Outcome:
        """Blank the columns that a reason forbids; the first reason given wins.

        Args:
            statistic: (C,).
            dof: (C,) or None.
            p: (C,).
            undefined: reason → (C,).
        """
        count = len(statistic)
        reasons: list[str | None] = [None] * count
        for reason, where in undefined.items():
            for column in np.flatnonzero(where):
                reasons[column] = reasons[column] or reason
        blank = np.array([reason is not None for reason in reasons], dtype=bool)
        freedom = np.full(count, np.nan) if dof is None else dof
        return cls(
            statistic=np.where(blank, np.nan, statistic),
            dof=np.where(blank, np.nan, freedom),
            p=np.where(blank, np.nan, p),
            reasons=tuple(reasons),
        )


@runtime_checkable
class SampleTest(Protocol):
    """A test of "no abnormal return on average"; one file of `backtest.inference`, as `TEST`."""

    key: str
    title: str
    source: str
    """The paper."""
    robust_to: frozenset[str]
    """Of: event-induced variance, clustering, non-normality, thin trading."""

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        ...
