"""The first place in which two studies differ: table, row, column and the two values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.contracts import TABLES, Frame
from backtest.results.table_digest import flat_columns

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two tables part.

    Attributes:
        table, column: which.
        key: the row, by the columns of the table's key; empty where the tables that were written
            then are not there to be read.
        then, now: the two values, as text; counts of rows where these differ.
    """

    table: str
    column: str
    key: Mapping[str, str]
    then: str | None = None
    now: str | None = None

    def plain(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    def __str__(self) -> str:
        row = ", ".join(f"{name} {value}" for name, value in self.key.items())
        where = f"table {self.table}" + (f", {row}" if row else "")
        if self.then is None and self.now is None:
            return f"{where}: column {self.column} differs"
        return f"{where}: {self.column} was {self.then}, is {self.now}"


def first_difference(
    told: Mapping[str, Any],
    digests: Mapping[str, Any],
    now: Callable[[str], pl.DataFrame],
    then: Callable[[str], pl.DataFrame | None],
) -> Difference | None:
    """Compare the tables of a study with what a receipt says of them.

    Args:
        told: the receipt's `tables`.
        digests: the same of the study.
        now: returns a table of the study.
        then: returns a table that was written with the receipt, None where it is not there or not
            what the receipt says.
    """
    for frame in TABLES:
        said, found = told.get(frame.name), digests[frame.name]
        if said is None:
            return Difference(frame.name, "rows", {}, None, str(found["rows"]))
        if said["rows"] == found["rows"] and said["columns"] == found["columns"]:
            continue
        before = then(frame.name)
        located = None if before is None else _located(frame, before, now(frame.name))
        if located:
            return located
        if said["rows"] != found["rows"]:
            return Difference(frame.name, "rows", {}, str(said["rows"]), str(found["rows"]))
        one, other = said["columns"], found["columns"]
        columns = sorted(one.keys() ^ other.keys()) or [
            name for name, digest in other.items() if one[name] != digest
        ]
        return Difference(frame.name, columns[0], {})
    return None


def _located(frame: Frame, before: pl.DataFrame, after: pl.DataFrame) -> Difference | None:
    """Return the first row in which two tables differ, and its first column that does."""
    height = min(len(before), len(after))
    one = dict(flat_columns(before.head(height)))
    other = dict(flat_columns(after.head(height)))
    first, column = height, ""
    for name in one.keys() & other.keys():
        rows = np.flatnonzero(_unequal(one[name], other[name]))
        order = list(one)
        if len(rows) and (rows[0], order.index(name)) < (
            first,
            order.index(column) if column else len(order),
        ):
            first, column = int(rows[0]), name
    if not column:
        return None
    place = before if column not in frame.key else after
    key = {name: str(place[name][first]) for name in frame.key}
    return Difference(
        frame.name, column, key, _told(one[column][first]), _told(other[column][first])
    )


def _unequal(one: pl.Series, other: pl.Series) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return where two columns differ in a bit, or in whether there is a value."""
    import polars as pl

    if one.dtype != other.dtype:
        return np.ones(len(one), dtype=np.bool_)
    if one.dtype == pl.Float64:
        missing = one.is_null().to_numpy() != other.is_null().to_numpy()
        bits = [series.fill_null(0.0).to_numpy().view(np.uint64) for series in (one, other)]
        return np.asarray(missing | (bits[0] != bits[1]))
    return np.asarray(one.ne_missing(other).to_numpy())


def _told(value: object) -> str:
    """Return a value with every digit that tells it from its neighbours."""
    return "missing" if value is None else repr(value) if isinstance(value, float) else str(value)
