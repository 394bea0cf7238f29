"""Lines of box characters on a grid of text, for terminals of any width and age."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Floats, Ints

if TYPE_CHECKING:
    from rich.text import Text

HEIGHT = 13
_TICKS = 4

_PENS = (("━┃┏┓┗┛", "bold cyan"), ("─│╭╮╰╯", "magenta"), ("═║╔╗╚╝", "yellow"))
"""Across, down, and the corners ┏ ┓ ┗ ┛ of each line; unlike without colours too."""

_PLAIN = "#*o"
"""The lines of a terminal that knows no box characters."""

MOST = len(_PENS)
"""Lines that can be told apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: what stands at its right end, and its values (L,), NaN where there is none."""

    label: str
    values: Floats


@dataclass(frozen=True, slots=True)
class Axis:
    """The axes of a chart.

    Attributes:
        days: (L,) session offsets; 0, where it is among them, gets a vertical line.
        left, middle, right: what stands below the first session, day 0 and the last one.
        marks: places in `days` that get a mark below the axis.
        figure: how a value of the vertical axis is written.
    """

    days: Sequence[int]
    left: str
    middle: str
    right: str
    marks: frozenset[int]
    figure: Callable[[float], str]


def line_chart(
    lines: Sequence[Line], axis: Axis, width: int, *, plain: bool, height: int = HEIGHT
) -> list[Text]:
    """Return the rows of a chart.

    Args:
        lines: at most `MOST`, the most important first; it is drawn over the others.
        axis: the axes.
        width: characters there are.
        plain: whether only ASCII may be used.
        height: rows of the field.
    """
    ticks = _ticks(lines)
    scale = [axis.figure(tick) for tick in ticks]
    margin = max(map(len, scale)) + 1
    room = width - margin - 2 - max(len(line.label) for line in lines) - 1
    canvas = _Canvas(max(room, 8), height, ticks[0], ticks[-1], plain)
    canvas.guides(axis)
    for place in reversed(range(len(lines))):
        canvas.draw(lines[place].values, place)
    labels = canvas.labels(lines)
    at = {canvas.row(tick): text for tick, text in zip(ticks, scale, strict=True)}
    rows = [
        canvas.text(row, at.get(row, "").rjust(margin), labels.get(row)) for row in range(height)
    ]
    return [*rows, *canvas.foot(axis, margin)]


class _Canvas:
    """Characters with styles; row 0 is the top."""

    def __init__(self, width: int, height: int, low: float, high: float, plain: bool) -> None:
        self.width, self.height, self.low, self.high = width, height, low, high
        self.plain = plain
        self.cells = [[(" ", "")] * width for _ in range(height)]

    def row(self, value: float) -> int:
        """Return the row of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.height - 1 - round(share * (self.height - 1))

    def column(self, place: int, axis: Axis) -> int:
        """Return the column of a session."""
        return round(place * (self.width - 1) / max(len(axis.days) - 1, 1))

    def guides(self, axis: Axis) -> None:
        """Draw the line of zero and that of the event day."""
        across, down = (".", ":") if self.plain else ("┈", "┊")
        self.cells[self.row(0.0)] = [(across, "dim")] * self.width
        if 0 in axis.days:
            column = self.column(list(axis.days).index(0), axis)
            for cells in self.cells:
                cells[column] = (down, "dim")

    def draw(self, values: Floats, pen: int) -> None:
        """Draw a line through the values, straight between sessions."""
        glyphs, style = _PENS[pen]
        flat, down, *corners = list(_PLAIN[pen] * 6 if self.plain else glyphs)
        above_left, above_right, below_left, below_right = corners
        rows = self._rows(values)
        for column in range(self.width):
            here = rows[column]
            after = rows[column + 1] if column + 1 < self.width else here
            if here < 0:
                continue
            if after in (here, -1):
                self.cells[here][column] = (flat, style)
                continue
            falls = after > here
            self.cells[here][column] = (above_right if falls else below_right, style)
            self.cells[after][column] = (below_left if falls else above_left, style)
            for row in range(min(here, after) + 1, max(here, after)):
                self.cells[row][column] = (down, style)

    def _rows(self, values: Floats) -> Ints:
        """Return (width,) the row of the line in each column, −1 where it has none."""
        at = np.linspace(0.0, len(values) - 1, self.width)
        known = np.isfinite(values)
        before, after = np.floor(at).astype(np.int64), np.ceil(at).astype(np.int64)
        filled = np.interp(at, np.arange(len(values)), np.where(known, values, 0.0))
        inside = known[before] & known[after]
        share = (filled - self.low) / (self.high - self.low)
        rows = self.height - 1 - np.round(share * (self.height - 1)).astype(np.int64)
        return np.where(inside, rows, -1)

    def labels(self, lines: Sequence[Line]) -> dict[int, tuple[str, str]]:
        """Return the labels by row, each as near to the end of its line as there is room."""
        placed: dict[int, tuple[str, str]] = {}
        for place, line in enumerate(lines):
            known = line.values[np.isfinite(line.values)]
            wanted = self.row(float(known[-1])) if len(known) else 0
            free = (row for row in range(self.height) if row not in placed)
            row = min(free, key=lambda one: abs(one - wanted))
            placed[row] = (line.label, _PENS[place][1])
        return placed

    def text(self, row: int, scale: str, label: tuple[str, str] | None) -> Text:
        """Return a row with its scale at the left and the label of a line at the right."""
        from rich.text import Text

        edge = ("+" if scale.strip() else "|") if self.plain else "┤" if scale.strip() else "│"
        line = Text(no_wrap=True, overflow="crop")
        line.append(f"{scale}{edge}", style="dim")
        for glyph, style in self.cells[row]:
            line.append(glyph, style=style)
        if label:
            line.append(f" {label[0]}", style=label[1])
        line.rstrip()
        return line

    def foot(self, axis: Axis, margin: int) -> list[Text]:
        """Return the axis of sessions, its marks, and the dates below."""
        from rich.text import Text

        corner, across, tick, mark = "+-+^" if self.plain else "└─┬▴"
        ends = [self.column(place, axis) for place in (0, len(axis.days) - 1)]
        middle = self.column(list(axis.days).index(0), axis) if 0 in axis.days else ends[0]
        ticked = {*ends, middle, *(self.column(place, axis) for place in axis.marks)}
        marked = {self.column(place, axis) for place in axis.marks}
        line = "".join(
            mark if column in marked else tick if column in ticked else across
            for column in range(self.width)
        )
        below = _spread(axis.left, axis.middle, axis.right, middle, self.width, margin + 1)
        return [Text(f"{' ' * margin}{corner}{line}", style="dim"), Text(below, style="dim")]


def _spread(left: str, middle: str, right: str, at: int, width: int, margin: int) -> str:
    """Return three words below the left end, a column and the right end, as they have room."""
    total = margin + width
    out = list(" " * max(total, margin + len(middle)))
    start = min(max(margin + at - len(middle) // 2, 0), len(out) - len(middle))
    out[start : start + len(middle)] = middle
    if margin + len(left) < start:
        out[margin : margin + len(left)] = left
    if start + len(middle) < total - len(right):
        out[total - len(right) : total] = right
    return "".join(out).rstrip()


def _ticks(lines: Sequence[Line]) -> list[float]:
    """Return round numbers around all values and zero."""
    values = np.concatenate([line.values for line in lines])
    values = values[np.isfinite(values)]
    low, high = min(0.0, float(values.min(initial=0.0))), max(0.0, float(values.max(initial=0.0)))
    span = (high - low) or 0.01
    rough = span / _TICKS
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(one * size for one in (1, 2, 2.5, 5, 10) if one * size >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * place for place in range(first, max(last, first + 1) + 1)]
