"""What a test of single events is given and what it answers: arrays of one block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import Block, ExpectedReturnModel, Fit
from backtest.spec import StudySpec, Window

Reasons: TypeAlias = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class EventSample:
    """The n observations of a block, fitted by one model.

    Attributes:
        model: the model.
        block: its input.
        fit: its answer.
        abnormal: (n, L) abnormal returns of the event window, NaN where missing.
        car: (n, W) CARs, NaN where there is none.
        spec: the study.
    """

    model: ExpectedReturnModel
    block: Block
    fit: Fit
    abnormal: Floats
    car: Floats
    spec: StudySpec

    @property
    def usable(self) -> Bools:
        """Observations that the study will not exclude, (n,)."""
        barred = np.logical_or.reduce(list(self.fit.unusable.values()))
        out: Bools = (self.fit.n_obs >= self.spec.min_obs) & np.isfinite(self.fit.sigma) & ~barred
        return out

    def days(self, car: Window) -> slice:
        """Return where a window's days stand in the event window."""
        return car.within(self.spec.window)


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """A test's answer for n observations and W windows; without a p there is no statistic.

    Attributes:
        n: (n, W) what each statistic is held against: placebos, or shifts.
        statistic: (n, W).
        p: (n, W) two-sided.
        reason: (n, W) why there is no p, or None; None also where there is no CAR to be tested.
    """

    n: Ints
    statistic: Floats
    p: Floats
    reason: Reasons

    @classmethod
    def of(
        cls, n: Ints, statistic: Floats, p: Floats, undefined: Mapping[str, Bools]
    ) -> EventOutcome:
        """Make an answer; of several reasons for a window that has no p the first one stands.

        Args:
            n, statistic, p: as above.
            undefined: reason → (n, W).
        """
        reason = np.full(p.shape, None, dtype=np.object_)
        for text, where in reversed(list(undefined.items())):
            reason[where & np.isnan(p)] = text
        return cls(n, np.where(np.isnan(p), np.nan, statistic), p, reason)


@runtime_checkable
class EventTest(Protocol):
    """A test of "no abnormal return" for one security's event.

    Each is one file of `backtest.inference.single`, as `TEST`. Every CAR gets its row in the table
    `event_tests`; a model that the test cannot judge gets a reason.
    """

    key: str
    title: str
    source: str
    """The paper."""
    formula: str
    """The p-value, one line."""
    robust_to: frozenset[str]
    """Of: event-induced variance, clustering, non-normality, thin trading."""

    def run(self, events: EventSample) -> EventOutcome:
        """Test every CAR of every observation, each as if it were alone."""
        ...
