"""A heat map of variants: entries down, sessions held across, the mean net return as colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.charts.rows import rows_of
from backtest.extras import needed
from backtest.notation import percent

if TYPE_CHECKING:
    import altair as alt

ROW = 34
"""Pixels of a row."""


@dataclass(frozen=True, slots=True)
class Square:
    """One variant.

    Attributes:
        entry, exit: row and column.
        mean: net return a trade, a decimal; NaN where there are too few trades.
        trades: how many.
        sharpe: of a year.
        p: against the best of all on random dates; NaN where none were drawn.
    """

    entry: str
    exit: str
    mean: float
    trades: int
    sharpe: float
    p: float


def sweep_map(squares: Sequence[Square], *, title: str, most: float) -> alt.TopLevelMixin:
    """Return the map of one hedge and condition.

    Args:
        squares: its variants, in the order of rows and columns.
        title: what stands above it.
        most: the largest mean, in size, of all maps that stand beside it.

    Raises:
        BadUsage: Altair is not installed.
    """
    with needed("charts"):
        import altair as alt
    rows = [
        {
            "e": one.entry,
            "x": one.exit,
            "m": None if math.isnan(one.mean) else round(one.mean, 6),
            "w": "·" if math.isnan(one.mean) else percent(one.mean, 1) + "*" * (one.p < 0.05),
            "n": one.trades,
            "s": None if math.isnan(one.sharpe) else round(one.sharpe, 2),
            "p": None if math.isnan(one.p) else round(one.p, 3),
        }
        for one in squares
    ]
    entries = list(dict.fromkeys(one.entry for one in squares))
    exits = list(dict.fromkeys(one.exit for one in squares))
    base = alt.Chart(rows_of(rows)).encode(
        x=alt.X(
            "x:N",
            sort=exits,
            title="Sessions held",
            axis=alt.Axis(labelAngle=0, orient="top", domain=False, ticks=False),
        ),
        y=alt.Y(
            "e:N", sort=entries, title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=0)
        ),
        tooltip=[
            alt.Tooltip("e:N", title="Entered at"),
            alt.Tooltip("x:N", title="Sessions held"),
            alt.Tooltip("m:Q", title="Mean net return", format="+.2%"),
            alt.Tooltip("n:Q", title="Trades"),
            alt.Tooltip("s:Q", title="Sharpe, a year", format=".2f"),
            alt.Tooltip("p:Q", title="p against the best of all", format=".3f"),
        ],
    )
    size = most or 1.0
    # Two layers whose colour is a style's, so that a page that turns dark needs no other chart, and
    # never so strong that words on them could not be read.
    strength = alt.Opacity("o:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.5]), legend=None)
    filled = base.transform_filter("datum.m !== null").transform_calculate(
        o=f"min(1, abs(datum.m) / {size:.8f})"
    )
    gains = filled.transform_filter("datum.m >= 0").mark_rect(style="gain", strokeWidth=0)
    losses = filled.transform_filter("datum.m < 0").mark_rect(style="loss", strokeWidth=0)
    layers = [
        gains.encode(opacity=strength),
        losses.encode(opacity=strength),
        base.mark_text(style="label").encode(text="w:N"),
    ]
    known = [one.mean for one in squares if not math.isnan(one.mean)]
    reach = f"from {min(known):+.1%} to {max(known):+.1%}" if known else "none with trades enough"
    chart = alt.layer(*layers).properties(
        height=ROW * len(entries),
        title=title,
        description=f"Mean net return of {len(squares)} variants by entry and holding: {reach}.",
    )
    done: alt.TopLevelMixin = chart
    return done
