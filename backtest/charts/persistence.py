"""The way of a reaction after the event, with the band in which random days would have left it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backtest.charts.rows import rows_of
from backtest.extras import needed

if TYPE_CHECKING:
    import altair as alt

HEIGHT = 190
PERCENT = "datum.value === 0 ? '0%' : format(datum.value, '+.3~%')"


def persistence(
    car: Sequence[float | None],
    low: Sequence[float | None],
    high: Sequence[float | None],
    *,
    ticker: str,
    later: Sequence[tuple[int, str]] = (),
) -> alt.TopLevelMixin:
    """Return the chart.

    Args:
        car: CAR(0, h) by session h = 0, 1, … after the event, decimals; None where unknown.
        low, high: CARs between which random days would have left the reaction of day 0.
        ticker: whose.
        later: sessions after the event and names of later events, marked at the foot.

    Raises:
        BadUsage: Altair is not installed.
    """
    with needed("charts"):
        import altair as alt
    rows = [
        {"h": after, "c": _round(one), "l": _round(least), "u": _round(most)}
        for after, (one, least, most) in enumerate(zip(car, low, high, strict=True))
    ]
    known = [row for row in rows if row["c"] is not None]
    axis = alt.Axis(format="d", tickMinStep=1, tickCount=7)
    last = max((int(row["h"] or 0) for row in known), default=1)
    x = alt.X(
        "h:Q",
        title="Sessions after the event day",
        axis=axis,
        scale=alt.Scale(domain=[0, max(last, 1)], nice=False),
    )
    percent = alt.Axis(labelExpr=PERCENT, tickCount=6)
    base = alt.Chart(rows_of(known)).encode(x=x)
    tips = [
        alt.Tooltip("h:Q", title="Sessions after"),
        alt.Tooltip("c:Q", title="CAR since the event", format="+.2%"),
        alt.Tooltip("l:Q", title="Random days: from", format="+.2%"),
        alt.Tooltip("u:Q", title="to", format="+.2%"),
    ]
    y_title = "CAR since the event"
    y = alt.Y("c:Q", title=y_title, axis=percent)
    layers: list[alt.Chart] = []
    if any(row["l"] is not None for row in known):
        layers.append(
            base.mark_area(style="band").encode(
                y=alt.Y("l:Q", title=y_title, axis=percent), y2="u:Q"
            )
        )
    zero = alt.Chart(rows_of([{"z": 0}])).mark_rule(style="zero").encode(y="z:Q")
    line = base.mark_line(style="main").encode(y=y)
    points = base.mark_point(style="main", size=60, opacity=0).encode(y=y, tooltip=tips)
    layers += [zero, line, points, *_later(later, last, x)]
    chart = alt.layer(*layers).properties(
        height=HEIGHT,
        title=f"{ticker}: what was left of the reaction",
        description=_described(ticker, known, last),
    )
    done: alt.TopLevelMixin = chart
    return done


def _later(later: Sequence[tuple[int, str]], last: int, x: alt.X) -> list[alt.Chart]:
    """Return marks of later events at the foot, one for each session that has any."""
    import altair as alt

    by_day: dict[int, list[str]] = {}
    for after, name in later:
        if after <= last:
            by_day.setdefault(after, []).append(name)
    if not by_day:
        return []
    values = [{"h": after, "e": "; ".join(names)} for after, names in by_day.items()]
    return [
        alt.Chart(rows_of(values))
        .mark_point(
            style="muted", shape="triangle-up", size=36, filled=True, strokeWidth=0, opacity=1
        )
        .encode(
            x=x,
            y=alt.value(HEIGHT - 5),
            tooltip=[
                alt.Tooltip("h:Q", title="Sessions after"),
                alt.Tooltip("e:N", title="Later event"),
            ],
        )
    ]


def _described(ticker: str, known: Sequence[dict[str, float | int | None]], last: int) -> str:
    if not known:
        return f"{ticker}: no abnormal returns after the event."
    first, end = known[0]["c"] or 0.0, known[-1]["c"] or 0.0
    return (
        f"Cumulative abnormal return of {ticker} since its event, from {first:+.1%} on the event "
        f"day to {end:+.1%} after {last} sessions, with the band of random days."
    )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
