"""Putting the tables of several runs together in the order of one study.

Each run left its tables in the order of its own items (observations, announcements), numbered in a
column. Where one item of ten thousand changed, the study is one long piece of an old run, a few new
rows, and another long piece; so tables are cut into slices instead of being sorted anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from backtest.engine.arrays import Ints

MANY = 256
"""Pieces from which on taking rows by their numbers is cheaper than slicing."""

Rows = tuple[int, int, int]
"""A piece of a table: the part, its first row, and the row after its last."""


@dataclass(frozen=True, slots=True)
class Part:
    """The tables of one run, each in the order of its items.

    Attributes:
        tables: by name, items numbered as that run did.
        stored: (m,) these numbers, ascending; all of the run's items.
        numbers: (m,) their numbers in this study, −1 for what this study does not want.
    """

    tables: Mapping[str, pl.DataFrame]
    stored: Ints
    numbers: Ints


def spliced(parts: Sequence[Part], names: Sequence[str], number: str) -> dict[str, pl.DataFrame]:
    """Return the tables of the items wanted, numbered and ordered as in this study.

    Args:
        parts: the runs.
        names: the tables.
        number: the column that numbers the items.
    """
    pieces = list(_pieces(parts))
    return {
        name: _table([part.tables[name] for part in parts], parts, pieces, number) for name in names
    }


def stack(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Concatenate tables; `coefficients` structs take the union of their fields."""
    import polars as pl

    if len(frames) == 1:
        return frames[0]
    alike = all(frame.schema == frames[0].schema for frame in frames)
    return pl.concat(frames, how="vertical" if alike else "diagonal_relaxed")


def _pieces(parts: Sequence[Part]) -> Iterator[Rows]:
    """Yield maximal runs of items that stand together in a part and in the study.

    Positions are those of the part's `stored`.
    """
    part = np.repeat(np.arange(len(parts)), [len(one.stored) for one in parts])
    position = np.concatenate([np.arange(len(one.stored)) for one in parts])
    number = np.concatenate([one.numbers for one in parts])
    order = np.argsort(number, kind="stable")[(number < 0).sum() :]
    part, position = part[order], position[order]
    cut = (np.diff(part) != 0) | (np.diff(position) != 1)
    starts = np.flatnonzero(np.concatenate([[True], cut]))[: len(part)]
    ends = np.append(starts[1:], len(part)) - 1
    for start, end in zip(starts, ends, strict=False):
        yield int(part[start]), int(position[start]), int(position[end])


def _table(
    tables: Sequence[pl.DataFrame], parts: Sequence[Part], pieces: Sequence[Rows], number: str
) -> pl.DataFrame:
    import polars as pl

    stored = [table.get_column(number).to_numpy() for table in tables]
    rows = [
        (
            at,
            int(np.searchsorted(stored[at], parts[at].stored[first], "left")),
            int(np.searchsorted(stored[at], parts[at].stored[last], "right")),
        )
        for at, first, last in pieces
    ]
    if not rows:
        return tables[0].clear()
    to = [_translation(part) for part in parts]
    numbers = np.concatenate([to[at][stored[at][low:high]] for at, low, high in rows])
    new = pl.Series(number, numbers, dtype=pl.UInt32)
    return _cut(tables, rows).with_columns(new)


def _translation(part: Part) -> Ints:
    """Return the number in this study at each stored number."""
    to = np.full(int(part.stored.max(initial=-1)) + 1, -1)
    to[part.stored] = part.numbers
    return to


def _cut(tables: Sequence[pl.DataFrame], rows: Sequence[Rows]) -> pl.DataFrame:
    if len(rows) < MANY:
        return stack([tables[at].slice(low, high - low) for at, low, high in rows])
    starts = np.cumsum([0, *(len(table) for table in tables)])
    return stack(tables)[
        np.concatenate([starts[at] + np.arange(low, high) for at, low, high in rows])
    ]
