"""The axis of a panel: an exchange's own sessions, or the dates of a table that follows none."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Dates
from backtest.results.source import Source, all_tickers

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock

SHARE_OF_SESSIONS = 0.98
"""Below this share of price dates on the exchange's sessions the table is of another market."""

WITNESSES = 50
"""Securities whose dates are asked; more would only take longer."""


def on_sessions(frame: pl.DataFrame, abroad: Collection[str], calendar: Dates) -> pl.DataFrame:
    """Drop the days on which only a benchmark or a factor of another exchange traded."""
    import polars as pl

    sessions = pl.Series(calendar).implode()
    return frame.filter(~pl.col("ticker").is_in(sorted(abroad)) | pl.col("date").is_in(sessions))


def sessions_of(frame: pl.DataFrame, clock: SessionClock) -> tuple[Dates, int, int]:
    """Return the exchange's sessions and the part of them, from–to, for which there are prices.

    The exchange's own calendar makes a day that a table lacks altogether visible as a gap.
    """
    first, last = np.array([frame["date"].min(), frame["date"].max()], dtype="datetime64[D]")
    low = int(np.searchsorted(clock.dates, first))
    return clock.dates, low, int(np.searchsorted(clock.dates, last, side="right"))


def follows(frame: pl.DataFrame, securities: Collection[str], clock: SessionClock) -> bool:
    """Whether prices follow the exchange's sessions; its own securities decide.

    A table of another market or of simulated days does not; a benchmark may trade elsewhere.
    """
    import polars as pl

    own = pl.col("ticker").is_in(sorted(securities)[:WITNESSES])
    dates = frame.filter(own)["date"].unique().to_numpy()
    return not dates.size or bool(clock.is_session(dates).mean() >= SHARE_OF_SESSIONS)


def own_dates(source: Source, frame: pl.DataFrame) -> Dates:
    """Return all dates of a source: sessions must not depend on which securities a study reads."""
    everything = all_tickers(source)
    whole = source.bars(everything, None, None).frame if everything else frame
    return np.sort(whole["date"].unique().to_numpy()).astype("datetime64[D]")
