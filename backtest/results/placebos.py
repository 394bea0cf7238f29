"""The same statistic on dates without an event: placebo draws for the permutation tests.

Every reaction date is moved, with all its events at once so that they stay as correlated as they
are, to random other sessions of the same securities whose tested window meets neither estimation
nor event window of any real event of them (METHODS §5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import ExpectedReturnModel, Weighing
from backtest.engine.estimate import standardise
from backtest.engine.job import Job
from backtest.engine.mapping import Mapper
from backtest.engine.placebo_days import far_from
from backtest.results.compute import study_series
from backtest.results.event_frames import OBS
from backtest.results.place import Placed
from backtest.spec import StudySpec

DRAWS = 999
MOST_FITS = 400_000
"""Fits of one model; with more observations than this allows there are fewer draws."""

MOST_WEIGHED = 5_000
"""The same of a model that weighs thousands of donors in each fit: some minutes."""

SEED = 20_240_601
_AT_ONCE = 8_192
"""Placebo fits in memory together."""


@dataclass(frozen=True, slots=True)
class Placebos:
    """SCARs of placebo dates, by model and observation.

    Attributes:
        numbers: (n,) the observations' numbers (`OBS`), ascending.
        scar: by model (n, B, C), columns as in a sample: all days, then windows of several days;
            NaN where an observation has no placebo date or a draw no SCAR. B is less for a model
            that weighs donors.
    """

    numbers: Ints
    scar: dict[str, Floats]

    def of(self, model: str, numbers: Ints) -> Floats:
        """Return (N, B, C) of some observations."""
        return self.scar[model][np.searchsorted(self.numbers, numbers)]

    def windows_of(self, model: str, numbers: Ints, spec: StudySpec) -> Floats:
        """Return (N, B, W) of some observations, by CAR window."""
        several = np.cumsum([len(car) > 1 for car in spec.cars]) + len(spec.window) - 1
        columns = [
            several[place] if len(car) > 1 else car.start - spec.window.start
            for place, car in enumerate(spec.cars)
        ]
        return self.scar[model][np.searchsorted(self.numbers, numbers)][:, :, columns]

    @property
    def draws(self) -> int:
        """B of the first model, the same for all observations; 0 of all models or of none."""
        return int(next(iter(self.scar.values())).shape[1])


def placebos(
    placed: Sequence[Placed],
    models: Sequence[ExpectedReturnModel],
    spec: StudySpec,
    map_blocks: Mapper,
) -> Placebos:
    """Draw placebo dates for all observations and estimate them."""
    numbers = np.concatenate([one.observations[OBS].to_numpy() for one in placed])
    order = np.argsort(numbers, kind="stable")
    draws = max(0, min(DRAWS, MOST_FITS // max(1, len(numbers))))
    fewer = min(draws, max(1, MOST_WEIGHED // max(1, len(numbers))))
    days = [_dates(one, spec, draws) for one in placed]
    scar = {
        model.key: np.concatenate(
            [
                _scars(
                    one,
                    drawn[:, :fewer] if isinstance(model, Weighing) else drawn,
                    model,
                    spec,
                    map_blocks,
                )
                for one, drawn in zip(placed, days, strict=True)
            ]
        )[order]
        for model in models
    }
    return Placebos(numbers[order].astype(np.int64), scar)


def _dates(placed: Placed, spec: StudySpec, draws: int) -> Ints:
    """Return (n, draws) sessions, −1 where a security has none to offer."""
    drawn = np.full((len(placed.rows), draws), -1)
    for date in np.unique(placed.day0):
        members = np.flatnonzero(placed.day0 == date)
        common = np.logical_and.reduce(
            [_free(placed, int(row), spec) for row in np.unique(placed.rows[members])]
        )
        sessions = np.flatnonzero(common)
        if len(sessions):
            rng = np.random.default_rng([SEED, int(date)])
            drawn[members] = rng.choice(sessions, draws)
    return drawn


def _free(placed: Placed, row: int, spec: StudySpec) -> Bools:
    """Return (S,) on which sessions a security's placebo event may fall."""
    first, last = (int(bound[row]) for bound in placed.market.span)
    count = len(placed.market.panel.sessions)
    inside = np.zeros(count, dtype=bool)
    inside[max(0, first + 1 - spec.estimation.start) : max(0, last - spec.window.end + 1)] = True
    free: Bools = inside & far_from(placed.day0[placed.rows == row], count, spec)
    return free


def _scars(
    placed: Placed, drawn: Ints, model: ExpectedReturnModel, spec: StudySpec, map_blocks: Mapper
) -> Floats:
    """Return (n, draws, C) SCARs on the dates drawn."""
    inside = np.flatnonzero([len(car) > 1 for car in spec.cars])
    answer = np.full((*drawn.shape, len(spec.window) + len(inside)), np.nan)
    flat = answer.reshape(-1, answer.shape[2])
    series = study_series(placed, spec)
    rows = series.place[placed.rows]
    job = Job(series.returns, series.commons, rows[:0], rows[:0], model, spec, placed.market.pool)
    for chosen in _chunks(np.flatnonzero(drawn.ravel() >= 0)):
        days = drawn.ravel()[chosen]
        part = replace(job, rows=rows[chosen // max(1, drawn.shape[1])], day0=days)
        found = standardise(part, map_blocks)
        flat[chosen] = np.hstack([found.sar, found.scar[:, inside]])
    return answer


def _chunks(places: Ints) -> Iterator[Ints]:
    for start in range(0, len(places), _AT_ONCE):
        yield places[start : start + _AT_ONCE]
