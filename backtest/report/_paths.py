"""The CAR paths of an event's securities: what a drawing needs, and no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Floats

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult


@dataclass(frozen=True, slots=True)
class Paths:
    """Cumulative abnormal returns from the first session of the event window on.

    Attributes:
        days: (L,) session offsets.
        dates: (L,) their dates on the first security's exchange, None beyond known sessions.
        cars: ticker → (L,) decimals, or what the study measures; NaN where it is not known.
    """

    days: Sequence[int]
    dates: Sequence[dt.date | None]
    cars: dict[str, Floats]

    def day_of(self, date: dt.date) -> int | None:
        """Return the place in `days` of the first session at or after a date, None if outside."""
        known = [(place, one) for place, one in enumerate(self.dates) if one is not None]
        if not known or date < known[0][1]:
            return None
        return next((place for place, one in known if one >= date), None)


def car_paths(result: StudyResult, event: str) -> Paths:
    """Return the paths of an event under the first model, main sessions only.

    Securities stand in the order in which the announcement names them.
    """
    import polars as pl

    own = result.abnormal_returns.filter(
        pl.col("event_id") == event,
        pl.col("model") == result.spec.models[0],
        ~pl.col("alternative"),
    )
    days = list(range(result.spec.window.start, result.spec.window.end + 1))
    strict = result.spec.missing == "strict"
    tickers = own["ticker"].unique(maintain_order=True).to_list()
    frames = {ticker: own.filter(pl.col("ticker") == ticker).sort("day") for ticker in tickers}
    dates = frames[tickers[0]]["date"].to_list() if tickers else []
    return Paths(days, dates, {one: _path(frame, days, strict) for one, frame in frames.items()})


def _path(frame: pl.DataFrame, days: Sequence[int], strict: bool) -> Floats:
    """Sum the days of one security; under `strict` a missing day ends the path."""
    values = np.full(len(days), np.nan)
    values[frame["day"].to_numpy() - days[0]] = frame["abnormal"].cast(float).to_numpy()
    known = np.isfinite(values)
    path: Floats = np.cumsum(np.where(known, values, 0.0))
    usable = np.logical_and.accumulate(known) if strict else known
    return np.where(usable, path, np.nan)
