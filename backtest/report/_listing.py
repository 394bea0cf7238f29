"""The list of tables that a query may ask, with type, unit and meaning of every column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from backtest.contracts import Frame
from backtest.glossary import TABLES, meaning
from backtest.report._console import write
from backtest.report._lines import beside

if TYPE_CHECKING:
    import polars as pl
    from rich.console import RenderableType

UNITS = {
    "decimal": "0.36 is 36 %; log points in studies of volume, variances in those of volatility",
    "currency": "units of the listing's currency: dollars, not millions",
    "sessions": "trading days; day, start and end count from the event day, which is 0",
}
"""Units that need a word."""


def columns_frame(frames: Sequence[Frame]) -> pl.DataFrame:
    """Return `table, column, dtype, unit, meaning` of every column."""
    import polars as pl

    names = ("table", "column", "dtype", "unit", "meaning")
    rows = [
        (frame.name, one.name, one.dtype, one.unit or None, meaning(frame.name, one.name))
        for frame in frames
        for one in frame.columns
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def show_listing(frames: Sequence[Frame], stream: TextIO) -> None:
    """Print every table with its columns."""
    write(_blocks(frames), stream)


def _blocks(frames: Sequence[Frame]) -> Iterator[RenderableType]:
    from rich.text import Text

    yield beside([((unit, "dim"), [(said, "")]) for unit, said in UNITS.items()])
    columns = [column for frame in frames for column in frame.columns]
    name, dtype, unit = (
        max(len(getattr(column, one)) for column in columns) for one in ("name", "dtype", "unit")
    )
    for frame in frames:
        yield Text()
        yield Text.assemble((frame.name, "bold"), f"  {TABLES[frame.name]}; a row is ", frame.row)
        yield beside(
            [
                (
                    (f"{one.name:<{name}}  {one.dtype:<{dtype}}  {one.unit:<{unit}}", ""),
                    [(meaning(frame.name, one.name), "dim")],
                )
                for one in frame.columns
            ],
            indent=2,
        )
