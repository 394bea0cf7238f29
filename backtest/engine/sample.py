"""What a sample test is given and what it answers (METHODS §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.cross_correlation import (
    alike,
    mean_cross_correlation,
    residuals_by_date,
)
from backtest.engine.history import History
from backtest.engine.mapping import Made, Mapper
from backtest.spec import Window

Values = TypeVar("Values", bound="np.ndarray[Any, Any]")

ALONE = "needs at least 2 observations"
SAME = "all observations are equal: no spread to test against"


@dataclass(frozen=True, slots=True)
class Memo:
    """What several ask for, made by the first of them."""

    _known: dict[str, Any] = field(default_factory=dict)
    _busy: dict[str, Lock] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what goes by a name; whoever asks while it is made waits for it."""
        with self._busy.setdefault(name, Lock()):
            if name not in self._known:
                self._known[name] = make()
            made: Made = self._known[name]
        return made


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
        history: the days before; None only where a sample is made by hand.
        placebo: (N, B, C) SCARs on placebo dates, for tests with `uses_placebos`.
        bhar: (N, C) buy-and-hold abnormal returns; of a day, its abnormal return.
    """

    columns: tuple[Window, ...]
    car: Floats
    scar: Floats
    sar_sum: Floats
    n_days: Ints
    dof: Ints
    history: History | None = None
    bhar: Floats | None = None
    placebo: Floats | None = None
    _part_of: tuple[Sample, Ints | Bools] | None = field(default=None, compare=False, repr=False)
    _memo: Memo = field(default_factory=Memo, init=False, compare=False, repr=False)
    _of_rows: Memo = field(default_factory=Memo, init=False, compare=False, repr=False)

    @property
    def before(self) -> History:
        """The history, for a test that looks at the days before."""
        if self.history is None:
            raise TypeError("this sample was made without its history")
        return self.history

    @property
    def present(self) -> Bools:
        """(N, C) whether the observation has a value in the column."""
        return self.once("present", lambda: np.isfinite(self.car))

    @property
    def n(self) -> Ints:
        """(C,) observations in each column."""
        return self.once("n", lambda: np.asarray(self.present.sum(axis=0)))

    @property
    def cross_correlation(self) -> Floats:
        """(C,) r̄ of the observations present in each column (METHODS §5), NaN for fewer than 2."""
        history = self.history
        if history is None:
            return np.full(len(self.columns), np.nan)
        dates = self.of_rows("residuals by date", lambda: residuals_by_date(history))
        return self.once(
            "r", lambda: mean_cross_correlation(history, self.columns, self.present, dates)
        )

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what several tests need of this sample, made by the first that asks."""
        return self._memo.once(name, make)

    def of_rows(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what several tests need of the observations, whichever columns they test."""
        return self._of_rows.once(name, make)

    def knowing(self, known: Memo) -> Sample:
        """Return this sample, which knows of its observations what others know of the same ones."""
        object.__setattr__(self, "_of_rows", known)
        return self

    def each(self, name: str, make: Callable[[History], Values]) -> Values:
        """Return an array with a row for each observation, made of their days before.

        Samples that were taken from one share it: of all groups it is made once.

        Args:
            name: what it is called, the same for the same function.
            make: returns it for N observations; a row depends on its observation alone.
        """

        def here() -> Values:
            if self._part_of is None:
                return make(self.before)
            whole, rows = self._part_of
            made: Any = whole.each(name, make)
            own: Values = made[rows]
            return own

        return self.of_rows(name, here)

    def take(self, rows: Ints | Bools, known: Memo | None = None) -> Sample:
        """Return the sample of some observations.

        Args:
            rows: which.
            known: what is known of these rows from other columns of them.
        """
        return Sample(
            self.columns,
            self.car[rows],
            self.scar[rows],
            self.sar_sum[rows],
            self.n_days[rows],
            self.dof[rows],
            None if self.history is None else self.history.take(rows),
            None if self.bhar is None else self.bhar[rows],
            None if self.placebo is None else self.placebo[rows],
            (self, rows),
        ).knowing(known or Memo())

    def patterns(self) -> Iterator[tuple[Ints, Bools]]:
        """Yield columns that have the same observations, and which these are, (N,)."""
        present = self.present
        for columns in alike(present):
            if len(columns):
                yield columns, present[:, columns[0]]

    def parts(self) -> Iterator[tuple[Ints, Sample]]:
        """Yield columns that have the same observations, and the sample of just these.

        Usually there is one such part; missing days make more.
        """
        for columns, there in self.patterns():
            whole = there.all() and len(columns) == len(self.columns)
            yield columns, self if whole else self.take(there).only(columns)

    def only(self, columns: Ints) -> Sample:
        """Return the sample of some columns."""
        return Sample(
            tuple(self.columns[column] for column in columns),
            self.car[:, columns],
            self.scar[:, columns],
            self.sar_sum[:, columns],
            self.n_days[:, columns],
            self.dof,
            self.history,
            None if self.bhar is None else self.bhar[:, columns],
            None if self.placebo is None else self.placebo[:, :, columns],
            self._part_of,
        ).knowing(self._of_rows)

    @classmethod
    def beside(cls, parts: Sequence[Sample]) -> Sample:
        """Return the sample of all columns of samples of the same observations."""
        first = parts[0]
        if len(parts) == 1:
            return first
        names = ("car", "scar", "sar_sum", "n_days", "bhar")
        values: dict[str, Any] = {
            name: np.hstack([getattr(one, name) for one in parts]) for name in names
        }
        columns = tuple(column for one in parts for column in one.columns)
        return replace(first, columns=columns, **values).knowing(first._of_rows)

    def held(self) -> Sample:
        """Return the sample whose CARs are the buy-and-hold abnormal returns (METHODS §4)."""
        if self.bhar is None:
            raise TypeError("this sample was made without buy-and-hold returns")
        return replace(self, car=self.bhar)


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
        return cls._blanked(statistic, dof, p, reasons)

    def adjusted(self, statistic: Floats, p: Floats, undefined: dict[str, Bools]) -> Outcome:
        """Return this answer with another statistic and p, keeping its reasons and freedom."""
        reasons = list(self.reasons)
        for reason, where in undefined.items():
            for column in np.flatnonzero(where):
                reasons[column] = reasons[column] or reason
        return self._blanked(statistic, self.dof, p, reasons)

    def because(self, reason: str, where: Bools) -> Outcome:
        """Return this answer with a reason that says more than its own, on some columns (C,)."""
        reasons = [reason if given else own for own, given in zip(self.reasons, where, strict=True)]
        return self._blanked(self.statistic, self.dof, self.p, reasons)

    @classmethod
    def _blanked(
        cls, statistic: Floats, dof: Floats | None, p: Floats, reasons: list[str | None]
    ) -> Outcome:
        count = len(statistic)
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
    formula: str
    """The statistic, in the notation of METHODS §5."""
    robust_to: frozenset[str]
    """Of: event-induced variance, clustering, non-normality, thin trading."""

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        ...


def uses_placebos(test: SampleTest) -> bool:
    """Whether a test says, by `uses_placebos = True`, that it compares with placebo dates."""
    return bool(getattr(test, "uses_placebos", False))


@runtime_checkable
class Preparing(Protocol):
    """A test that looks at what others look at too."""

    @staticmethod
    def prepare(sample: Sample) -> object:
        """Make it, once for all of them."""
        ...


def prepare(sample: Sample, tests: Iterable[SampleTest], map_all: Mapper) -> None:
    """Make what several of the tests look at, side by side, before they run.

    A test names it by a function `prepare` of the sample; where two tests name the same one, the
    second would only wait for the first to make it.
    """
    makers: dict[Callable[[Sample], object], None] = {
        test.prepare: None for test in tests if isinstance(test, Preparing)
    }
    for _ in map_all(lambda make: make(sample), list(makers)):
        pass
