"""Rows of a CSV that break off: fewer values than the header, which Polars fills with nothing.

A row that ends in the middle of a price is another price. Empty values are none that lack: `1,,`
has three.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backtest.errors import Problem
from backtest.prices._address import place_of, scan_options
from backtest.prices._tables import Table, reading

if TYPE_CHECKING:
    import polars as pl


def short_rows(table: Table) -> Iterator[Problem]:
    """Yield a problem where rows of a table lack their last values; none of Parquet.

    Raises:
        BadInput, DataUnavailable: it cannot be read.
    """
    if table.is_text:
        yield from short_lines(table.place, table.frame, len(table.schema), ",")


def short_lines(place: str, frame: pl.LazyFrame, columns: int, separator: str) -> Iterator[Problem]:
    """Yield a problem where lines of a CSV have fewer values than there are columns.

    Lines are counted only where the last column has gaps, and only where no value goes over several
    of them.

    Args:
        place: path or address.
        frame: the table as it was scanned, all of its columns.
        columns: how many there are.
        separator: what stands between values.

    Raises:
        BadInput, DataUnavailable: it cannot be read.
    """
    import polars as pl

    with reading(place):
        if columns < 2 or not frame.select(pl.last().is_null().any()).collect().item():
            return
        line = pl.col("line")
        values = line.str.replace_all(r'"[^"]*"', "").str.count_matches(separator, literal=True) + 1
        lines = pl.scan_lines(
            place, name="line", row_index_name="row", glob=False, **scan_options(place)
        )
        odd = (line.str.count_matches('"', literal=True) % 2 == 1).any()
        short = lines.filter(values < columns, line.str.strip_chars() != "").select(
            "row", values=values
        )
        found, over_several = pl.collect_all([short, lines.select(odd)])
    if found.is_empty() or over_several.item():
        return
    row, there = found.row(0)
    more = f" (the first of {found.height:,})" if found.height > 1 else ""
    yield Problem(
        "short-row",
        f"the row breaks off: {there} of {columns} values are there{more}",
        place_of(place, int(row) + 1),
        hint="get the whole file anew; where values are empty, their separators are written",
    )
