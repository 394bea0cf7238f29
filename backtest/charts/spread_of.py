"""How values are distributed, with lines where some of them stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from backtest.charts.rows import rows_of
from backtest.engine.arrays import Floats
from backtest.extras import needed

if TYPE_CHECKING:
    import altair as alt

HEIGHT = 190
MOST = 60
"""Bars."""
LINE = 17
"""Pixels of a mark's words, above the bars."""
TICKS = 4
"""Labels of the horizontal axis: as many as money takes on a narrow screen without losing any."""
ROOM = 0.4
"""Share of the width that words of a mark need."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line at a value, with words at its top; a strong one is what the chart is about.

    A line without words is not drawn.
    """

    value: float
    words: str
    strong: bool = False


def spread_of(
    values: Floats, marks: Sequence[Mark], *, axis: str, tick: str, title: str, said: str
) -> alt.TopLevelMixin:
    """Return a histogram.

    Args:
        values: (N,) at least one, finite.
        marks: lines; their words stand above the bars, one below the other.
        axis: title of the horizontal axis.
        tick: Vega expression of its labels.
        title: what stands above it.
        said: the chart in a sentence, for those who cannot see it.

    Raises:
        BadUsage: Altair is not installed.
    """
    with needed("charts"):
        import altair as alt
    every = np.concatenate([values, [one.value for one in marks]])
    low, high = float(every.min()), float(every.max())
    if high <= low:
        low, high = low - 1.0, high + 1.0
    bins = int(min(MOST, max(8, np.ceil(2.0 * len(values) ** (1.0 / 3.0)))))
    counts, edges = np.histogram(values, bins=bins, range=(low, high))
    worded = [one for one in marks if one.words]
    top = LINE * len(worded)
    rows = [
        {"a": float(edges[at]), "b": float(edges[at + 1]), "n": int(count)}
        for at, count in enumerate(counts)
    ]
    x = alt.X(
        "a:Q",
        title=axis,
        axis=alt.Axis(labelExpr=tick, values=ticks(low, high)),
        scale=alt.Scale(domain=[low, high], nice=False, zero=False, padding=4),
    )
    bars = (
        alt.Chart(rows_of(rows))
        .mark_rect(style="muted", strokeWidth=0, opacity=0.75)
        .encode(
            x=x,
            x2="b:Q",
            y=alt.Y(
                "n:Q",
                title="How many",
                axis=alt.Axis(tickCount=4, tickMinStep=1),
                scale=alt.Scale(range=[HEIGHT + top, top]),
            ),
            y2=alt.value(HEIGHT + top),
            tooltip=[alt.Tooltip("n:Q", title="How many")],
        )
    )
    lines = [
        _marked(one, LINE * at, HEIGHT + top, to_left=left)
        for at, (one, left) in enumerate(placed(worded, low, high))
    ]
    chart = alt.layer(bars, *lines).properties(height=HEIGHT + top, title=title, description=said)
    done: alt.TopLevelMixin = chart
    return done


def ticks(low: float, high: float) -> list[float]:
    """Return at most `TICKS` round values between two different ones."""
    power = 10.0 ** math.floor(math.log10((high - low) / TICKS))
    for step in (power * factor for factor in (1.0, 2.0, 5.0, 10.0, 20.0)):
        first, last = math.ceil(low / step), math.floor(high / step)
        if last - first < TICKS:
            break
    # Digits that a sum of floats leaves would be written out.
    return [float(f"{step * at:.12g}") for at in range(first, last + 1)]


def placed(marks: Sequence[Mark], low: float, high: float) -> list[tuple[Mark, bool]]:
    """Return marks from the top down, and whether their words stand to the left of their line.

    A line begins at its own words. So from left to right with words on the right, or the other way
    round, no words meet a line of another one; only marks at both ends have theirs between them.
    """
    ordered = sorted(marks, key=lambda one: one.value)
    if not ordered:
        return []
    first, last = ((one.value - low) / (high - low) for one in (ordered[0], ordered[-1]))
    if last <= 1.0 - ROOM:
        return [(one, False) for one in ordered]
    if first >= ROOM:
        return [(one, True) for one in reversed(ordered)]
    return [(one, (one.value - low) / (high - low) > 0.5) for one in ordered]


def _marked(one: Mark, top: int, bottom: int, *, to_left: bool) -> Any:
    """Return a line from its words down."""
    import altair as alt

    base = alt.Chart(rows_of([{"a": one.value, "t": one.words}])).encode(x="a:Q")
    style, width = ("other", 2) if one.strong else ("event", 1)
    line = base.mark_rule(style=style, strokeWidth=width).encode(
        y=alt.value(top), y2=alt.value(bottom)
    )
    align: Literal["left", "right"] = "right" if to_left else "left"
    worded = base.encode(y=alt.value(top + 1), text="t:N")
    beside = -5 if to_left else 5
    halo = worded.mark_text(style="halo", fontSize=12, baseline="top", align=align, dx=beside)
    kind = "strong" if one.strong else "label"
    return alt.layer(
        line, halo, worded.mark_text(style=kind, baseline="top", align=align, dx=beside)
    )
