"""Where the observations of a study stand: in time, on which exchange, of which security."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Dates, Floats, Ints
from backtest.engine.history import History
from backtest.engine.ranks import Ranks
from backtest.engine.rows import Rows
from backtest.results.event_frames import OBS
from backtest.results.place import Placed
from backtest.spec import StudySpec

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Positions:
    """Every observation of a study, by its number.

    Attributes:
        numbers: (n,) the observations' numbers (`OBS`), ascending.
        day0, exchange: (n,) session of τ = 0 in its exchange's sessions, and which exchange.
        event, security: (n,) codes of announcement and security.
        sessions: by exchange, places of its sessions on one axis of dates.
        axis: these dates.
        spec: the study.
    """

    numbers: Ints
    day0: Ints
    exchange: Ints
    event: Ints
    security: Ints
    sessions: tuple[Ints, ...]
    axis: Dates
    spec: StudySpec

    @classmethod
    def of(cls, placed: Sequence[Placed], spec: StudySpec) -> Positions:
        """Take them from the observations by exchange."""
        numbers = np.concatenate([one.observations[OBS].to_numpy() for one in placed])
        order = np.argsort(numbers, kind="stable")
        day0 = np.concatenate([one.day0 + one.market.offset for one in placed])
        exchange = np.repeat(np.arange(len(placed)), [len(one.rows) for one in placed])
        sessions, axis = common_axis([one.market.calendar for one in placed])
        return cls(
            numbers[order].astype(np.int64),
            day0[order],
            exchange[order],
            _codes(placed, "event_id")[order],
            _codes(placed, "ticker")[order],
            sessions,
            axis,
            spec,
        )

    def history(
        self,
        numbers: Ints,
        days: tuple[Rows[Floats], Rows[Ranks], Rows[Ranks]],
        errors: Rows[Floats],
        sigma: Floats,
        value: Floats,
    ) -> History:
        """Return the history of some observations under one model.

        Args:
            numbers: (N,) the observations' numbers.
            days: (N, M + L) abnormal returns and ranks, and (N, M) ranks, as `History` has them.
            errors: (N, L) forecast standard errors.
            sigma: (N,) residual standard deviations.
            value: (N,) market values before the event, NaN where not known.
        """
        at = np.searchsorted(self.numbers, numbers)
        return History(
            *days,
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
    codes: Ints = names.cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
    return codes
