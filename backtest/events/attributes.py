"""What is known of each event × ticker besides its date: numbers, classes and tags."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.schema import Announcement, Party, Scalar

TAG = "tag:"
CLASSES = ("role", "financing", "binding")
"""Fields of an announcement that say of which class it is."""

_KEYS = ("event_id", "ticker")
_NOT_ATTRIBUTES = (*_KEYS, "session", "alternative", "title")


def known_attributes(announcements: Iterable[Announcement]) -> tuple[str, ...]:
    """Return the names that any announcement knows: its classes, attributes and `tag:…`, sorted."""
    names, tags = set(CLASSES), set[str]()
    for event in announcements:
        names.update(event.attributes)
        tags.update(event.tags)
        for party in event.parties:
            names.update(party.attributes)
    return (*sorted(names), *sorted(TAG + tag for tag in tags))


def attribute_frame(announcements: Sequence[Announcement], names: Collection[str]) -> pl.DataFrame:
    """Return one row for each listed party of each announcement.

    Args:
        announcements: the events.
        names: of `known_attributes`.

    Returns:
        `event_id, ticker` and a column per name: Float64 where all values are numbers or yes and
        no (1 and 0), else String; null where nothing is known. A party's own attribute comes
        before the announcement's.
    """
    import polars as pl

    rows = [(event, party) for event in announcements for party in event.parties if party.ticker]
    columns = {
        "event_id": pl.Series([event.id for event, _ in rows], dtype=pl.String),
        "ticker": pl.Series([party.ticker for _, party in rows], dtype=pl.String),
    }
    for name in names:
        columns[name] = _series([_value(event, party, name) for event, party in rows])
    return pl.DataFrame(columns)


def bulk_known(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return the attribute columns of a bulk table (`BulkEvents.frame`) that hold anything."""
    empty = {name for name in frame.columns if frame[name].null_count() == len(frame)}
    return tuple(sorted(set(frame.columns) - empty - set(_NOT_ATTRIBUTES)))


def bulk_attributes(frame: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    """Return what `attribute_frame` does, of a bulk table's rows."""
    import polars as pl

    main = frame.filter(~pl.col("alternative"))
    return main.select(
        *_KEYS,
        *(
            pl.col(name).cast(
                pl.Float64
                if frame.schema[name].is_numeric() or frame.schema[name] == pl.Boolean
                else pl.String
            )
            for name in names
        ),
    )


def _value(event: Announcement, party: Party, name: str) -> Scalar:
    if name.startswith(TAG):
        return name.removeprefix(TAG) in event.tags
    if name == "role":
        return party.role
    if name in CLASSES:
        value: str | None = getattr(event.deal, name)
        return value
    return party.attributes.get(name, event.attributes.get(name))


def _series(values: Sequence[Scalar]) -> pl.Series:
    import polars as pl

    known = list(_known(values))
    if all(isinstance(value, bool | int | float) for value in known):
        return pl.Series([None if v is None else float(v) for v in values], dtype=pl.Float64)
    return pl.Series([None if v is None else str(v) for v in values], dtype=pl.String)


def _known(values: Iterable[Scalar]) -> Iterator[bool | int | float | str]:
    return (value for value in values if value is not None)
