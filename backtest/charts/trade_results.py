"""What each trade made, in the order of the entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.charts.rows import rows_of
from backtest.charts.units import money_tick
from backtest.extras import needed

if TYPE_CHECKING:
    import altair as alt

ROW = 22
"""Pixels of a trade."""
MOST = 40
"""Trades drawn."""


@dataclass(frozen=True, slots=True)
class Result:
    """One trade: who, when, and what it made after costs, in money."""

    ticker: str
    event: str
    side: str
    entry: dt.date
    exit: dt.date
    net: float


def trade_results(results: Sequence[Result], *, symbol: str, title: str) -> alt.TopLevelMixin:
    """Return a bar for each trade.

    Args:
        results: at least one; `MOST` are drawn, those that made and lost the most.
        symbol: of the currency.
        title: what stands above it.

    Raises:
        BadUsage: Altair is not installed.
    """
    with needed("charts"):
        import altair as alt
    kept = sorted(range(len(results)), key=lambda at: -abs(results[at].net))[:MOST]
    rows = [
        {
            "k": f"{one.ticker} {one.entry} {at}",
            "t": f"{one.ticker} {one.entry:%Y-%m-%d}",
            "v": round(one.net, 2),
            "e": one.event,
            "s": one.side,
            "x": str(one.exit),
            "g": one.net >= 0,
        }
        for at, one in sorted((at, results[at]) for at in kept)
    ]
    # A security entered twice on a day has two bars, so the axis is of keys and shows their names.
    label = "slice(datum.value, 0, lastindexof(datum.value, ' '))"
    x = alt.X("v:Q", title="Net", axis=alt.Axis(labelExpr=money_tick(symbol), tickCount=4))
    order = [str(row["k"]) for row in rows]
    y = alt.Y("k:N", sort=order, title=None, axis=alt.Axis(labelExpr=label, labelLimit=0))
    tips = [
        alt.Tooltip("t:N", title="Entered"),
        alt.Tooltip("s:N", title="Side"),
        alt.Tooltip("x:N", title="Left"),
        alt.Tooltip("v:Q", title="Net", format="+,.0f"),
        alt.Tooltip("e:N", title="Announcement"),
    ]
    base = alt.Chart(rows_of(rows)).encode(x=x, y=y, tooltip=tips)
    gains = base.transform_filter("datum.g").mark_bar(style="gain", height=12, strokeWidth=0)
    losses = base.transform_filter("!datum.g").mark_bar(style="loss", height=12, strokeWidth=0)
    zero = alt.Chart(rows_of([{"z": 0}])).mark_rule(style="zero").encode(x="z:Q")
    won = sum(one.net > 0 for one in results)
    chart = alt.layer(gains, losses, zero).properties(
        height=ROW * len(rows),
        title=title,
        description=f"Net profit of {len(results)} trades by entry; {won} of them gained.",
    )
    done: alt.TopLevelMixin = chart
    return done
