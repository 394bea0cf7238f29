"""When each event × ticker was announced, as far as it is known, and what was said with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.errors import BacktestError
from backtest.inputs import BULK, Clocks

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.schema import Announcement
    from backtest.events.sessions import SessionClock

REACTION = "reaction"
"""The hour of a table's `date`: only the session that reacts is known."""

TIMED = "known"
"""The hour of an instant, until an exchange's day tells its part (`timing.part_of_day`)."""

RESERVED = ("event_id", "ticker", "instant", "day", "hour", "tags")


def read_moments(
    path: Path, clocks: Clocks, *, selection: Sequence[str] = (), cache_dir: Path | None = None
) -> pl.DataFrame:
    """Return one row for each listed party of each event.

    Args:
        path: a YAML file, a folder of them, or a bulk table.
        clocks: session clock by exchange.
        selection: which announcements.
        cache_dir: the cache folder, None to keep nothing.

    Returns:
        `event_id, ticker, instant` (Datetime, UTC, null for a bare date), `day` (Date as written),
        `hour` (pre, intraday, post or unknown of a bare date, `TIMED` of an instant, or
        `REACTION`),
        `tags` (list) and a column for each attribute.

    Raises:
        BadInput, BadUsage: the events cannot be read, or the selection names none.
    """
    if path.suffix.lower() in BULK:
        return _bulk(path, clocks)
    from backtest.events.attributes import TAG, attribute_frame, known_attributes
    from backtest.events.load import load_announcements
    from backtest.events.loaded import announcements
    from backtest.events.select import select

    chosen = announcements(select(load_announcements(path, cache_dir=cache_dir), selection))
    names = [name for name in known_attributes(chosen) if not name.startswith(TAG)]
    attributes = attribute_frame(chosen, [name for name in names if name not in RESERVED])
    return _joined(_rows(chosen, clocks), attributes)


def known_roles(path: Path, cache_dir: Path | None = None) -> frozenset[str]:
    """Return the roles of all parties of all announcements at a path; a bulk table has none."""
    if path.suffix.lower() in BULK:
        return frozenset()
    from backtest.events.load import load_announcements
    from backtest.events.loaded import announcements

    whole = announcements(load_announcements(path, cache_dir=cache_dir))
    return frozenset(party.role for event in whole for party in event.parties)


def _rows(chosen: Sequence[Announcement], clocks: Clocks) -> pl.DataFrame:
    import polars as pl

    rows = [row for event in chosen for row in _parties(event, clocks)]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "event_id": pl.String,
        "ticker": pl.String,
        "instant": pl.Datetime("us"),
        "day": pl.Date,
        "hour": pl.String,
        "tags": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _joined(rows: pl.DataFrame, attributes: pl.DataFrame) -> pl.DataFrame:
    """Put the attributes beside the rows; a party named twice is one."""
    key = ["event_id", "ticker"]
    one = rows.unique(key, keep="first", maintain_order=True)
    other = attributes.unique(key, keep="first", maintain_order=True)
    return one.join(other, on=key, how="left", maintain_order="left")


def _parties(event: Announcement, clocks: Clocks) -> Iterator[dict[str, Any]]:
    from backtest.events.exchanges import exchange_of

    home: SessionClock | None = clocks(exchange_of("", event.exchange)) if event.exchange else None
    for party in event.parties:
        if party.ticker is None:
            continue
        try:
            clock = clocks(exchange_of(party.ticker, party.exchange))
        except BacktestError:  # The study leaves it out, with this reason.
            continue
        home = home or clock
        instant, hour = _moment(event, home, clock)
        day = event.announced
        yield {
            "event_id": event.id,
            "ticker": party.ticker,
            "instant": instant,
            "day": day.date() if isinstance(day, dt.datetime) else day,
            "hour": hour,
            "tags": list(event.tags),
        }


def _moment(
    event: Announcement, home: SessionClock, clock: SessionClock
) -> tuple[dt.datetime | None, str]:
    """Return the instant where there is one, and the part of the day where it is told in ours.

    A part of another exchange's day is over at its last minute at the latest; an hour that is not
    known there is not known here.
    """
    if isinstance(event.announced, dt.datetime):
        return event.announced.astimezone(dt.UTC).replace(tzinfo=None), TIMED
    hour = event.session or "unknown"
    if clock.exchange.mic == home.exchange.mic:
        return None, hour
    told = hour if hour == "unknown" else TIMED
    return _last_minute(event.announced, hour, home), told


def _last_minute(day: dt.date, hour: str, home: SessionClock) -> dt.datetime:
    """Return the last moment (UTC) of a part of a day of an exchange."""
    import numpy as np

    days = np.array([day], dtype="datetime64[D]")
    midnight = dt.datetime.combine(day, dt.time.max, home.exchange.tz)
    if hour in ("pre", "intraday") and home.is_session(days)[0]:
        bound = (home.opens if hour == "pre" else home.closes)[int(home.on_or_after(days)[0])]
        moment: dt.datetime = bound.astype("datetime64[us]").item()
        return moment
    return midnight.astimezone(dt.UTC).replace(tzinfo=None)


def _bulk(path: Path, clocks: Clocks) -> pl.DataFrame:
    """Return the rows of a table; its `group` counts as a tag."""
    import polars as pl

    from backtest.events.bulk import bulk_moments

    table, moments = bulk_moments(path)
    attributes = table.attributes()
    attributes = attributes.select(name for name in attributes.columns if name not in RESERVED)
    grouped = "group" in table.frame.columns
    groups = table.frame["group"].to_list() if grouped else [None] * len(moments)
    tags = pl.Series("tags", [[] if one is None else [one] for one in groups], pl.List(pl.String))
    known = pl.col("instant").is_not_null()
    told = pl.col("session") if table.timed else pl.lit(REACTION)
    rows = table.frame.select("event_id", "ticker").hstack(
        moments.select(
            pl.col("instant").cast(pl.Datetime("us")),
            "day",
            pl.when(known).then(pl.lit(TIMED)).otherwise(told).alias("hour"),
        )
    )
    rows = rows.with_columns(tags)
    if not table.timed:
        rows = rows.with_columns(pl.lit(None, pl.Datetime("us")).alias("instant"))
    keyed = table.frame.select("event_id", "ticker").hstack(attributes.get_columns())
    del clocks
    return _joined(rows, keyed)
