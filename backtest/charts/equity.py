"""A book by session: what it is worth, and how far below its highest value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from backtest.charts.rows import rows_of
from backtest.charts.units import money_tick
from backtest.extras import needed

if TYPE_CHECKING:
    import altair as alt

HEIGHT = 200
PERCENT = "datum.value === 0 ? '0%' : format(datum.value, '.3~%')"


def equity(
    dates: Sequence[dt.date], worth: Sequence[float], capital: float, *, symbol: str, title: str
) -> alt.TopLevelMixin:
    """Return the chart of a book's worth.

    Args:
        dates: sessions, at least one.
        worth: of the book at their closes, money.
        capital: at the start, drawn as a line.
        symbol: of the currency.
        title: what stands above it.

    Raises:
        BadUsage: Altair is not installed.
    """
    with needed("charts"):
        import altair as alt
    rows = [{"d": str(day), "w": round(one, 2)} for day, one in zip(dates, worth, strict=True)]
    tick = money_tick(symbol).replace("datum.value > 0 ? '+' : ''", "''")
    y = alt.Y(
        "w:Q",
        title="Worth at the close",
        axis=alt.Axis(labelExpr=tick, tickCount=5),
        scale=alt.Scale(zero=False, nice=True),
    )
    base = alt.Chart(rows_of(rows)).encode(x=_days(dates), y=y)
    start = alt.Chart(rows_of([{"w": capital}])).mark_rule(style="zero").encode(y="w:Q")
    tips = [_day_tip(), alt.Tooltip("w:Q", title="Worth", format=",.0f")]
    points = base.mark_point(style="main", size=60, opacity=0).encode(tooltip=tips)
    change = worth[-1] / capital - 1.0
    chart = alt.layer(start, base.mark_line(style="main"), points).properties(
        height=HEIGHT,
        title=title,
        description=f"Worth of the book from {dates[0]} to {dates[-1]}: {change:+.1%} in all.",
    )
    done: alt.TopLevelMixin = chart
    return done


def underwater(
    dates: Sequence[dt.date], below: Sequence[float], *, title: str
) -> alt.TopLevelMixin:
    """Return the chart of how far a book is below its highest value.

    Args:
        dates: sessions, at least one.
        below: decimals, not positive.
        title: what stands above it.

    Raises:
        BadUsage: Altair is not installed.
    """
    with needed("charts"):
        import altair as alt
    rows = [{"d": str(day), "b": round(one, 5)} for day, one in zip(dates, below, strict=True)]
    base = alt.Chart(rows_of(rows)).encode(
        x=_days(dates),
        y=alt.Y("b:Q", title="Below the highest", axis=alt.Axis(labelExpr=PERCENT, tickCount=4)),
    )
    tips = [_day_tip(), alt.Tooltip("b:Q", title="Below the highest", format=".2%")]
    points = base.mark_point(style="other", size=60, opacity=0).encode(tooltip=tips)
    deepest = min(below)
    chart = alt.layer(base.mark_area(style="loss", opacity=0.35), points).properties(
        height=HEIGHT,
        title=title,
        description=f"How far the book is below its highest value: {deepest:.1%} at the deepest.",
    )
    done: alt.TopLevelMixin = chart
    return done


def _days(dates: Sequence[dt.date]) -> Any:
    import altair as alt

    months = max(1, (dates[-1] - dates[0]).days // 240)
    axis = alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": months}, title=None)
    if (dates[-1] - dates[0]).days < 60:
        axis = alt.Axis(format="%-d %b", tickCount=5, title=None)
    return alt.X("d:T", axis=axis, scale=alt.Scale(type="utc"), timeUnit="utcyearmonthdate")


def _day_tip() -> Any:
    import altair as alt

    return alt.Tooltip("d:T", title="Session", timeUnit="utcyearmonthdate", format="%Y-%m-%d")
