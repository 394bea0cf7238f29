"""The days before each event, kept flat beside the event-level tables for the sample tests.

One row a day of estimation and event window, observation by observation and model by model; no
table shows them. Flat columns of numbers are read many times faster than a list an observation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.estimates import Estimates
from backtest.engine.history import History
from backtest.engine.ranks import Ranks
from backtest.engine.rows import Rows
from backtest.results.place import Placed
from backtest.results.positions import Positions
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

HISTORY = "history"

_AT_ONCE = 1_024
"""Observations in a row group, 3 MB."""

Numbers = TypeVar("Numbers", Floats, Ranks)


def history_frame(models: Sequence[Estimates]) -> pl.DataFrame:
    """Return `abnormal, rank, own_rank` by observation, model and day, from each model's estimates.

    `own_rank` runs over the estimation window only; it is 0 on the days of the event window.
    """
    import polars as pl

    beyond = [(0, 0), (0, models[0].ranks.shape[1] - models[0].own_ranks.shape[1])]
    own = [np.pad(one.own_ranks, beyond) for one in models]
    return pl.DataFrame(
        {
            "abnormal": np.stack([one.history for one in models], axis=1).ravel(),
            "rank": np.stack([one.ranks for one in models], axis=1).ravel(),
            "own_rank": np.stack(own, axis=1).ravel(),
        }
    )


def days_each(spec: StudySpec) -> int:
    """Return the rows that one observation has."""
    return len(spec.models) * (len(spec.estimation) + len(spec.window))


def rows_together(spec: StudySpec) -> int:
    """Return the rows to write as one group: whole observations, so that a piece read has them."""
    return _AT_ONCE * days_each(spec)


def in_order(frames: Sequence[pl.DataFrame], numbers: Ints, spec: StudySpec) -> pl.DataFrame:
    """Put the frames of several exchanges together, ordered by the observations' numbers."""
    import polars as pl

    frame = pl.concat(frames)
    order = np.argsort(numbers, kind="stable")
    if (order == np.arange(len(order))).all():
        return frame
    each = days_each(spec)
    return frame[(order[:, None] * each + np.arange(each)).ravel()]


@dataclass(frozen=True, slots=True)
class HistoryPart:
    """The days that one run kept, in its own order.

    Attributes:
        frame: `history_frame` of m observations.
        numbers: (m,) their numbers (`OBS`) in the study, −1 for what it does not want.
    """

    frame: pl.DataFrame
    numbers: Ints

    def wanted(self, each: int) -> HistoryPart:
        """Return the part without what the study does not want.

        Args:
            each: rows of an observation.
        """
        there = self.numbers >= 0
        if there.all():
            return self
        return HistoryPart(self.frame.filter(np.repeat(there, each)), self.numbers[there])

    def chunks(self, each: int) -> Iterator[HistoryPart]:
        """Yield the pieces that lie in memory as they are, if they hold whole observations.

        A file read has a piece for each of its row groups; as one array they would be copied.

        Args:
            each: rows of an observation.
        """
        sizes = {tuple(self.frame[name].chunk_lengths()) for name in self.frame.columns}
        cuts = np.cumsum([0, *min(sizes)]) if len(sizes) == 1 else np.array([0, len(self.frame)])
        if (cuts % each).any():
            cuts = cuts[[0, -1]]
        for first, last in pairwise(cuts.tolist()):
            yield HistoryPart(
                self.frame.slice(first, last - first), self.numbers[first // each : last // each]
            )


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of one part, (m, models, M + L) each: `HistoryPart` as arrays."""

    abnormal: Floats
    ranks: Ranks
    own_ranks: Ranks

    @classmethod
    def of(cls, frame: pl.DataFrame, spec: StudySpec) -> _Days:
        shape = (-1, len(spec.models), days_each(spec) // len(spec.models))
        columns = (frame[name].to_numpy() for name in ("abnormal", "rank", "own_rank"))
        return cls(*(column.reshape(shape) for column in columns))


@dataclass(frozen=True, slots=True)
class Histories:
    """The days before all observations of a study.

    They stay where the runs that computed them left them, until a model's are asked for: most of a
    study is one part, and copying it twice takes longer than many a test.

    Attributes:
        positions: of n observations.
        parts: the days, by run.
        part, row: (n,) where each observation's are.
    """

    positions: Positions
    parts: tuple[_Days, ...]
    part: Ints
    row: Ints

    @classmethod
    def of(
        cls, parts: Sequence[HistoryPart], placed: Sequence[Placed], spec: StudySpec
    ) -> Histories:
        """Take a study's history and where its observations stand."""
        positions = Positions.of(placed, spec)
        parts = [piece for one in parts for piece in one.chunks(days_each(spec))]
        part, row = _whereabouts([one.numbers for one in parts], positions.numbers)
        days = tuple(_Days.of(one.frame, spec) for one in parts)
        return cls(positions, days, part, row)

    def of_model(
        self, model: str, numbers: Ints, errors: Floats, sigma: Floats, value: Floats
    ) -> History:
        """Return the history of some observations under one model; for the arguments `Positions`.

        Args:
            model: its key.
            numbers, errors, sigma, value: of N observations.
        """
        spec = self.positions.spec
        at = np.searchsorted(self.positions.numbers, numbers)
        which, days = spec.models.index(model), len(spec.estimation)
        before = (
            Rows(self._gathered([one.abnormal[:, which] for one in self.parts], at)),
            Rows(self._gathered([one.ranks[:, which] for one in self.parts], at)),
            Rows(self._gathered([one.own_ranks[:, which, :days] for one in self.parts], at)),
        )
        return self.positions.history(numbers, before, Rows(errors), sigma, value)

    def _gathered(self, arrays: Sequence[Numbers], at: Ints) -> Numbers:
        """Return the rows of some observations, given their places, from one array a part."""
        part, row = self.part[at], self.row[at]
        gathered = np.empty((len(at), arrays[0].shape[1]), dtype=arrays[0].dtype)
        edges = np.flatnonzero(np.diff(part, prepend=-1, append=-1)).tolist()
        for start, end in pairwise(edges):
            gathered[start:end] = arrays[part[start]][row[start:end]]
        return gathered


def _whereabouts(stored: Sequence[Ints], numbers: Ints) -> tuple[Ints, Ints]:
    """Return (n,) the part that holds each observation, and its row there."""
    part, row = np.zeros(len(numbers), dtype=np.int64), np.zeros(len(numbers), dtype=np.int64)
    for which, own in enumerate(stored):
        rows = np.flatnonzero(own >= 0)
        places = np.searchsorted(numbers, own[rows])
        part[places], row[places] = which, rows
    return part, row
