"""The samples of a large study, gathered piece by piece into files and read by columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.engine.arrays import Ints
from backtest.engine.history import History
from backtest.engine.sample import Memo, Sample
from backtest.results.event_frames import KEY, OBS
from backtest.results.histories import HISTORY, days_each
from backtest.results.model_samples import ModelSample, main_sessions
from backtest.results.positions import Positions
from backtest.results.sample_arrays import known_before, make_sample
from backtest.results.scratch import Grown
from backtest.spec import StudySpec, Window

if TYPE_CHECKING:
    import polars as pl

TOGETHER = 2
"""Columns of a sample in memory at once, or one more; one alone is summed in another order."""

_OF_DAYS = ("car", "scar")
_OF_WINDOWS = ("car", "scar", "sar_sum", "n_days", "bhar")
"""Of a day, the sum of SARs is the SAR and the buy-and-hold return the abnormal return."""


class SampleStore:
    """The samples of all models of a study.

    Args:
        folder: where the files lie; they are gone when this object is.
        spec: the study.
    """

    def __init__(self, folder: Path, spec: StudySpec) -> None:
        self._spec = spec
        self._models = {model: _ModelStore(folder, spec, model) for model in spec.models}

    def add(self, tables: Mapping[str, pl.DataFrame], numbers: Ints) -> None:
        """Take in the next observations.

        Args:
            tables: their event-level tables and `HISTORY`.
            numbers: (m,) their numbers, ascending.

        Raises:
            OSError: a file cannot be written.
        """
        for one in self._models.values():
            one.add(tables, numbers)

    def samples(self, positions: Positions) -> Callable[[str], ModelSample]:
        """Return the sample of each model, once all observations are in."""
        return lambda model: self._models[model].sample(positions)


class _ModelStore:
    """The sample of one model."""

    def __init__(self, folder: Path, spec: StudySpec, model: str) -> None:
        self._spec, self._model = spec, model
        days = range(spec.window.start, spec.window.end + 1)
        several = (car for car in spec.cars if len(car) > 1)
        self._columns = (*(Window(day, day) for day in days), *several)
        floats, ranks = np.empty(0), np.empty(0, np.uint16)
        types: dict[str, Any] = {"n_days": np.empty(0, np.int64)}
        every = np.arange(len(self._columns))
        self._sets = np.array_split(every, max(1, len(every) // TOGETHER))
        self._values = [
            {name: Grown(types.get(name, floats), len(own), folder) for name in self._names(own)}
            for own in self._sets
        ]
        before, after = len(spec.estimation), len(spec.window)
        self._days: tuple[Grown[Any], ...] = (
            Grown(floats, before + after, folder),
            Grown(ranks, before + after, folder),
            Grown(ranks, before, folder),
        )
        self._errors = Grown(floats, after, folder)
        self._known: list[tuple[Any, ...]] = []
        self._keys: list[pl.DataFrame] = []

    def _names(self, columns: Ints) -> tuple[str, ...]:
        only_days = int(columns[-1]) < len(self._spec.window)
        return _OF_DAYS if only_days else _OF_WINDOWS

    def add(self, tables: Mapping[str, pl.DataFrame], numbers: Ints) -> None:
        spec = self._spec
        days, windows = main_sessions(tables, self._model)
        sample = make_sample(days, windows, spec)
        for own, kept in zip(self._sets, self._values, strict=True):
            for name, grown in kept.items():
                grown.append(getattr(sample, name)[:, own])
        self._errors.append(days["std_error"].to_numpy().reshape(-1, len(spec.window)))
        known = known_before(tables, windows, spec, self._model)
        self._known.append((*known, sample.dof))
        # Copied, or the pieces would keep all of the tables they were cut from.
        keys = windows.select(*KEY[:2], OBS).gather_every(len(spec.cars))
        self._keys.append(keys.rechunk())
        at = np.searchsorted(numbers, known[0])
        which = spec.models.index(self._model)
        shape = (len(numbers), len(spec.models), days_each(spec) // len(spec.models))
        for name, rows in zip(("abnormal", "rank", "own_rank"), self._days, strict=True):
            every = tables[HISTORY][name].to_numpy().reshape(shape)[:, which]
            rows.append(every[at, : rows.width])

    def sample(self, positions: Positions) -> ModelSample:
        import polars as pl

        numbers, sigma, value, dof = (
            np.concatenate([one[place] for one in self._known]) for place in range(4)
        )
        abnormal, ranks, own_ranks = (grown.rows() for grown in self._days)
        history = positions.history(
            numbers, (abnormal, ranks, own_ranks), self._errors.rows(), sigma, value
        )
        memo = Memo()
        main, widest = self._spec.cars[0], max(self._spec.cars, key=len)
        asked = np.unique([self._columns.index(main), self._columns.index(widest)])
        every = [partial(self._made, set_, history, dof, memo) for set_ in range(len(self._sets))]
        return ModelSample(
            pl.concat(self._keys),
            every,
            lambda: self._few(asked, every),
        )

    def _made(self, set_: int, history: History, dof: Ints, memo: Memo) -> Sample:
        """Read one set of columns into memory."""
        read = {name: grown.array() for name, grown in self._values[set_].items()}
        car, scar = read["car"], read["scar"]
        return Sample(
            tuple(self._columns[column] for column in self._sets[set_]),
            car,
            scar,
            read.get("sar_sum", scar),
            read["n_days"] if "n_days" in read else np.isfinite(scar).astype(np.int64),
            dof,
            history,
            read.get("bhar", car),
        ).knowing(memo)

    def _few(self, asked: Ints, every: list[partial[Sample]]) -> Sample:
        """Return the sample of a few columns, whichever sets they are in."""
        parts = []
        for own, make in zip(self._sets, every, strict=True):
            here = np.flatnonzero(np.isin(own, asked))
            if len(here):
                parts.append(make().only(here))
        return Sample.beside(parts)
