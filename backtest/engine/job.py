"""What is estimated: observations by row and day, and all that they need."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import Block, ExpectedReturnModel, Pooled, Regressor
from backtest.engine.event_test import EventTest
from backtest.engine.measured import series_needed
from backtest.engine.pool import Candidates, Pool
from backtest.engine.shifts import shifted
from backtest.engine.windows import gather
from backtest.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Job:
    """A block of observations with all it needs; blocks are independent of each other.

    Attributes:
        returns: (securities, S) panel returns, or log volumes where these are studied.
        commons: row of each common series by its name, without leads and lags.
        rows: (n,) panel row of each observation.
        day0: (n,) session index of τ = 0.
        model: the model.
        spec: windows and conventions.
        pool: the first securities as possible controls, for a model that asks for them.
        tests: tests of single events that are asked for.
        compiled: whether machine code is worth its loading (`backtest.engine.fast`).
        among: observations of the study that these are a piece of; 0 where they are all.
    """

    returns: Floats
    commons: dict[str, int]
    rows: Ints
    day0: Ints
    model: ExpectedReturnModel
    spec: StudySpec
    pool: Pool | None = None
    tests: tuple[EventTest, ...] = ()
    compiled: bool = False
    among: int = 0

    def take(self, some: Ints | slice) -> Job:
        """Return the job of some observations."""
        return replace(self, rows=self.rows[some], day0=self.day0[some])

    def days(self) -> tuple[Ints, Ints]:
        """Return the distinct event days (g,), and which of them each observation's is (n,)."""
        steps = np.diff(self.day0)
        if (steps < 0).any():
            return np.unique(self.day0, return_inverse=True)
        # Most often they come in order, and need no sorting.
        new = np.concatenate([np.ones(min(1, len(self.day0)), dtype=np.int64), steps > 0])
        return self.day0[new > 0], np.cumsum(new) - 1

    def series(self, days: Ints) -> dict[str, Regressor]:
        """Cut the model's common series for distinct event days (g,)."""
        spec, out = self.spec, {}
        for name in series_needed(self.model, spec.measure):
            series, shift = shifted(name)
            row = np.full(len(days), self.commons[series])
            out[name] = Regressor(
                gather(self.returns, row, days + shift, spec.estimation),
                gather(self.returns, row, days + shift, spec.window),
            )
        return out

    def block(self) -> Block:
        """Gather the windows and, once for each distinct event day, the common series."""
        days, group = self.days()
        spec = self.spec
        return Block(
            gather(self.returns, self.rows, self.day0, spec.estimation),
            gather(self.returns, self.rows, self.day0, spec.window),
            group,
            self.series(days),
            gap=spec.window.start - spec.estimation.end - 1,
            pool=self._candidates(),
        )

    def _candidates(self) -> Candidates | None:
        """Return the possible controls, where the model asks for them."""
        if self.pool is None or not isinstance(self.model, Pooled):
            return None
        windows = (self.spec.estimation, self.spec.window)
        return Candidates.of(self.pool, self.returns, self.rows, self.day0, windows)
