"""The days before each event, kept flat beside the event-level tables for the sample tests.

One row a day of estimation and event window, observation by observation and model by model; no
table shows them. Flat columns of numbers are read many times faster than a list an observation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Dates, Floats, Ints
from backtest.engine.estimate import Estimates
from backtest.engine.history import History
from backtest.engine.ranks import Ranks
from backtest.results.event_frames import OBS
from backtest.results.place import Placed
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

HISTORY = "history"


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
class Histories:
    """The days before all observations of a study.

    Attributes:
        numbers: (n,) the observations' numbers (`OBS`), ascending.
        abnormal: (n, models, M + L).
        ranks, own_ranks: (n, models, M + L) twice the mid-ranks.
        day0, exchange: (n,) session of τ = 0 in its exchange's sessions, and which exchange.
        event, security: (n,) codes of announcement and security.
        sessions: by exchange, places of its sessions on one axis of dates.
        axis: these dates.
        spec: the study.
    """

    numbers: Ints
    abnormal: Floats
    ranks: Ranks
    own_ranks: Ranks
    day0: Ints
    exchange: Ints
    event: Ints
    security: Ints
    sessions: tuple[Ints, ...]
    axis: Dates
    spec: StudySpec

    @classmethod
    def of(cls, frame: pl.DataFrame, placed: Sequence[Placed], spec: StudySpec) -> Histories:
        """Take a study's `history_frame` and where its observations stand."""
        numbers = np.concatenate([one.observations[OBS].to_numpy() for one in placed])
        order = np.argsort(numbers, kind="stable")
        day0 = np.concatenate([one.day0 + one.market.offset for one in placed])
        exchange = np.repeat(np.arange(len(placed)), [len(one.rows) for one in placed])
        shape = (len(numbers), len(spec.models), days_each(spec) // len(spec.models))
        sessions, axis = common_axis([one.market.calendar for one in placed])
        return cls(
            numbers[order].astype(np.int64),
            frame["abnormal"].to_numpy().reshape(shape),
            frame["rank"].to_numpy().reshape(shape),
            frame["own_rank"].to_numpy().reshape(shape),
            day0[order],
            exchange[order],
            _codes(placed, "event_id")[order],
            _codes(placed, "ticker")[order],
            sessions,
            axis,
            spec,
        )

    def of_model(
        self, model: str, numbers: Ints, errors: Floats, sigma: Floats, value: Floats
    ) -> History:
        """Return the history of some observations under one model.

        Args:
            model: its key.
            numbers: (N,) the observations' numbers.
            errors: (N, L) forecast standard errors.
            sigma: (N,) residual standard deviations.
            value: (N,) market values before the event, NaN where not known.
        """
        at = np.searchsorted(self.numbers, numbers)
        which, days = self.spec.models.index(model), len(self.spec.estimation)
        return History(
            self.abnormal[at, which],
            self.ranks[at, which],
            self.own_ranks[at, which, :days],
            errors,
            value,
            sigma,
            self.day0[at],
            self.exchange[at],
            self.event[at],
            self.security[at],
            self.sessions,
            self.axis,
            self.spec.estimation,
            self.spec.window,
        )


def common_axis(calendars: Sequence[Dates]) -> tuple[tuple[Ints, ...], Dates]:
    """Return the places of each calendar's sessions among the dates of all, and these dates."""
    if len(calendars) == 1:
        return (np.arange(len(calendars[0])),), calendars[0]
    every = np.unique(np.concatenate(calendars))
    return tuple(np.searchsorted(every, calendar) for calendar in calendars), every


def _codes(placed: Sequence[Placed], name: str) -> Ints:
    """Return (n,) equal numbers for equal names, over all exchanges."""
    import polars as pl

    names = pl.concat([one.observations[name] for one in placed])
    codes: Ints = names.rank("dense").to_numpy().astype(np.int64)
    return codes
