"""What the charts of one event say besides its figures: when it reacted, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.events.sessions import day_name

if TYPE_CHECKING:
    from backtest.results.result import StudyResult


def reacted(result: StudyResult, event_id: str, ticker: str, *, alternative: bool = False) -> str:
    """Return the session that a security reacts on: `reacts Mon 6 Oct 2025`."""
    import polars as pl

    own = result.observations.filter(
        pl.col("event_id") == event_id,
        pl.col("ticker") == ticker,
        pl.col("alternative") == alternative,
    )
    second = "would react" if alternative else "reacts"
    return f"{second} {day_name(own['session'][0])}" if len(own) else "event day"


def left_out(result: StudyResult, event_id: str, ticker: str, *, alternative: bool = False) -> str:
    """Return a sentence on the candidate session that a chart does not show, empty for none.

    It is that of a security: the same hour is another session on another exchange.
    """
    import polars as pl

    own = result.observations.filter(pl.col("event_id") == event_id, pl.col("ticker") == ticker)
    if not own["alternative"].any():
        return ""
    hidden = own.filter(pl.col("alternative") != alternative)["session"].unique().sort().to_list()
    days = " or ".join(day_name(day) for day in hidden)
    which = "first" if alternative else "second"
    return f"Its hour is unknown: the {which} candidate session, {days}, is left out here."
