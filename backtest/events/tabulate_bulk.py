"""From a bulk table to the event table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backtest.events.exchanges import exchange_of
from backtest.events.table import HEADLINES, MEMBERSHIPS, EventTable
from backtest.events.tabulate import refuse_unknown_groupings

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.bulk import BulkEvents

DEAL_VALUE = "deal_value"
ROLE = "role"
_OWN = ("event_id", "ticker", "session", "alternative")


def tabulate_bulk(events: BulkEvents, group_by: Sequence[str] = ()) -> EventTable:
    """Turn bulk rows into observations.

    Args:
        events: rows with their reaction sessions.
        group_by: columns to group the sample tests by; default `group` where it has values.

    Raises:
        BadUsage: a grouping that is no column.
    """
    import polars as pl

    frame = events.frame
    known = [name for name in frame.columns if name not in _OWN]
    refuse_unknown_groupings(group_by, known)
    groupings = list(group_by) or [name for name in ("group",) if _has_values(frame, name)]
    exchanges = {ticker: exchange_of(ticker) for ticker in frame["ticker"].unique().to_list()}
    names = pl.DataFrame(
        {
            "ticker": list(exchanges),
            "exchange": [exchange.mic for exchange in exchanges.values()],
            "currency": [exchange.currency for exchange in exchanges.values()],
        },
        schema=dict.fromkeys(("ticker", "exchange", "currency"), pl.String),
    )
    value = _column(frame, DEAL_VALUE).cast(pl.Float64, strict=False)
    observations = frame.join(names, on="ticker", how="left", maintain_order="left").select(
        *_OWN,
        "exchange",
        "currency",
        _column(frame, ROLE).cast(pl.String).alias("role"),
        pl.when(value.is_finite()).then(value).alias("deal_value"),
    )
    return EventTable.of(
        observations=observations,
        memberships=_memberships(frame, groupings),
        headlines=_headlines(frame),
        excluded=events.excluded,
        notes=events.notes,
    )


def _has_values(frame: pl.DataFrame, name: str) -> bool:
    return name in frame.columns and frame[name].null_count() < len(frame)


def _column(frame: pl.DataFrame, name: str) -> pl.Expr:
    import polars as pl

    return pl.col(name) if name in frame.columns else pl.lit(None)


def _memberships(frame: pl.DataFrame, groupings: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    main = frame.filter(~pl.col("alternative"))
    parts = [
        main.filter(pl.col(name).is_not_null()).select(
            "event_id", "ticker", (pl.lit(f"{name}:") + pl.col(name).cast(pl.String)).alias("group")
        )
        for name in groupings
    ]
    return pl.concat(parts) if parts else MEMBERSHIPS.empty()


def _headlines(frame: pl.DataFrame) -> pl.DataFrame:
    """Name each event by its `title` column where there is one, else by its id."""
    import polars as pl

    title = pl.coalesce(_column(frame, "title").cast(pl.String), pl.col("event_id"))
    return HEADLINES.check(
        frame.unique("event_id", keep="first", maintain_order=True).select(
            "event_id",
            title.alias("title"),
            pl.col("session").cast(pl.String).alias("announced"),
            (pl.lit("reacts ") + pl.col("session").cast(pl.String)).alias("reaction"),
        )
    )
