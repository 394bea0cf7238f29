"""Dots in rows: those that would cover each other are stacked around the middle of their row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

DOT = 8.0
"""Pixels of a dot with its air."""

_STRIP, _LEAST, _MOST = 18.0, 32.0, 84.0
"""Pixels of a row: for words above and below the dots, and for the dots at least and at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of dots; pixels count downwards from the top of the chart.

    Attributes:
        top, bottom: where the dots may be.
        offsets: of each dot from the middle.
    """

    top: float
    bottom: float
    offsets: list[float]

    @property
    def middle(self) -> float:
        """The middle of the row."""
        return (self.top + self.bottom) / 2

    @property
    def above(self) -> float:
        """Where words above the dots stand."""
        return self.top - _STRIP / 2

    @property
    def below(self) -> float:
        """Where words below the dots stand."""
        return self.bottom + _STRIP / 2


def rows_of(values: Sequence[Sequence[float]], dot: float) -> tuple[list[Row], float]:
    """Place the dots of several rows and return them with the pixels that all rows take.

    Args:
        values: of each row, in any order.
        dot: width of a dot on the axis of the values.
    """
    rows, top = [], 0.0
    for own in values:
        bins = [round(value / dot) for value in own]
        most = max(Counter(bins).values(), default=1)
        room = min(max(_LEAST, most * DOT), _MOST)
        step = min(DOT, room / most)
        rows.append(Row(top + _STRIP, top + _STRIP + room, _around(own, bins, step)))
        top += room + 2 * _STRIP
    return rows, top


def _around(values: Sequence[float], bins: Sequence[int], step: float) -> list[float]:
    """Return each dot's offset: the first of a stack in the middle, then below and above it."""
    counts = Counter(bins)
    seen: Counter[int] = Counter()
    out = [0.0] * len(values)
    for place in sorted(range(len(values)), key=lambda at: values[at]):
        own = bins[place]
        shift = (counts[own] - 1) / 2
        out[place] = (seen[own] - shift) * step
        seen[own] += 1
    return out
