"""The CAR paths of an event's securities: what a drawing needs, and no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.charts.cumulated import cumulated
from backtest.engine.arrays import Floats

if TYPE_CHECKING:
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

    model = result.spec.models[0]
    own = result.abnormal_returns.filter(
        pl.col("event_id") == event, pl.col("model") == model, ~pl.col("alternative")
    )
    made = cumulated(result, own.select("event_id", "ticker").unique(), model)
    tickers = made.keys["ticker"].to_list()
    first = own.filter(pl.col("ticker") == tickers[0]).sort("day") if tickers else own
    return Paths(
        made.days.tolist(), first["date"].to_list(), dict(zip(tickers, made.car, strict=True))
    )
