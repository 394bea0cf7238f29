"""Text that a spreadsheet would take for a formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

RISKY = "^[=+\\-@\\t\\r\\n＝＋－＠]"
"""How a text begins that may be run when its cell is opened, in ASCII or in full width."""

MARK = "'"
"""The sign by which spreadsheets know that text follows."""


def risky_columns(frame: pl.DataFrame) -> dict[str, int]:
    """Return the columns of text that have risky cells, with their number."""
    import polars as pl
    import polars.selectors as cs

    counts = frame.select(cs.string().str.contains(RISKY).sum().cast(pl.Int64))
    return {name: count for name, count in counts.row(0, named=True).items() if count}


def neutral(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return the table with `MARK` before risky cells, and how many there were.

    Numbers are left alone: a negative one is no text.
    """
    import polars as pl

    risky = risky_columns(frame)
    marked = [
        pl.when(pl.col(name).str.contains(RISKY))
        .then(pl.lit(MARK) + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in risky
    ]
    return frame.with_columns(marked), sum(risky.values())


def all_neutral(
    frames: Mapping[str, pl.DataFrame],
) -> tuple[dict[str, pl.DataFrame], int]:
    """Return the tables with every risky cell marked, and how many there were."""
    made = {name: neutral(frame) for name, frame in frames.items()}
    return {name: frame for name, (frame, _) in made.items()}, sum(n for _, n in made.values())
