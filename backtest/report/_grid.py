"""Tables of text: columns as wide as their cells, and only as many as the terminal has room for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NOTHING = "–"
INDENT = 2
GAP = 1

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, how soon it gives way (the lowest rank stays), and its side.

    The last `tail` characters of its cells are marks behind the figure, such as stars; the heading
    stands above the figure.
    """

    name: str
    rank: int = 0
    left: bool = False
    tail: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns that are shown and their widths, the same for every table of a report.

    `hidden` names the columns that hold something and have no room.
    """

    columns: tuple[Column, ...]
    widths: Mapping[str, int]
    hidden: tuple[str, ...] = ()

    @classmethod
    def fitted(cls, columns: Sequence[Column], rows: Iterable[Cells], width: int) -> Grid:
        """Measure the rows, then leave out columns that hold nothing and those without room.

        Columns of rank 0 always stay; the others are taken in the order of their ranks until one
        does not fit into `width` characters.
        """
        names = [column.name for column in columns]
        widths = {name: len(name) for name in names}
        filled: set[str] = set()
        for row in rows:
            for name in names:
                text = row.get(name, "")
                widths[name] = max(widths[name], len(text))
                if text.strip() not in ("", NOTHING):
                    filled.add(name)
        kept: set[str] = set()
        room, too_wide = width - INDENT + GAP, math.inf
        for column in sorted(columns, key=lambda one: one.rank):
            need = widths[column.name] + GAP
            if column.rank == 0 or (
                column.name in filled and need <= room and column.rank <= too_wide
            ):
                kept.add(column.name)
                room -= need
            elif column.name in filled:
                too_wide = min(too_wide, column.rank)
        hidden = tuple(name for name in names if name in filled - kept)
        return cls(tuple(one for one in columns if one.name in kept), widths, hidden)

    def header(self) -> str:
        """Return the line of headings."""
        return self.line({one.name: self._heading(one) for one in self.columns})

    def _heading(self, column: Column) -> str:
        room = self.widths[column.name] - len(column.name)
        return column.name + " " * max(0, min(column.tail, room))

    def line(self, cells: Cells) -> str:
        """Return one row; a column it has no cell for is blank."""
        parts = []
        for column in self.columns:
            text, size = cells.get(column.name, ""), self.widths[column.name]
            parts.append(text.ljust(size) if column.left else text.rjust(size))
        return (" " * INDENT + (" " * GAP).join(parts)).rstrip()
