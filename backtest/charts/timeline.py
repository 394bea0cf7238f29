"""Announcements on a calendar over the cumulative abnormal returns of the main securities."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backtest.charts.rows import rows_of
from backtest.extras import needed

if TYPE_CHECKING:
    import altair as alt

MOST = 5
"""Securities drawn: as many colours as can be told apart by anybody."""

HEIGHT = 300
PERCENT = "datum.value === 0 ? '0%' : format(datum.value, '+.3~%')"
_STRIP = 14


@dataclass(frozen=True, slots=True)
class Course:
    """One security from its first announcement on: sessions and CAR since, decimals."""

    ticker: str
    dates: Sequence[dt.date]
    car: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Moment:
    """One announcement: the session that reacts, its title, and what its main party did."""

    date: dt.date
    title: str
    ticker: str | None
    abnormal: float | None


def timeline(courses: Sequence[Course], moments: Sequence[Moment]) -> alt.TopLevelMixin:
    """Return the chart: a line for each of at most `MOST` securities, a tick for each announcement.

    An announcement whose main party is drawn stands as a dot on its line, all of them in the strip
    at the foot.

    Raises:
        BadUsage: Altair is not installed.
    """
    with needed("charts"):
        import altair as alt
    courses = courses[:MOST]
    names = [one.ticker for one in courses]
    days = [str(day) for one in courses for day in one.dates] + [str(one.date) for one in moments]
    axis = alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": 1}, title=None)
    x = alt.X(
        "d:T",
        axis=axis,
        scale=alt.Scale(domain=[min(days), max(days)], type="utc"),
        timeUnit="utcyearmonthdate",
    )
    color = alt.Color("s:N", scale=alt.Scale(domain=names), legend=alt.Legend(title=None))
    y = alt.Y("c:Q", title="CAR since its first announcement", axis=alt.Axis(labelExpr=PERCENT))
    rows = [
        {"s": one.ticker, "d": str(day), "c": None if car is None else round(car, 4)}
        for one in courses
        for day, car in zip(one.dates, one.car, strict=True)
    ]
    lines = alt.Chart(rows_of(rows)).mark_line(strokeWidth=1.8).encode(x=x, y=y, color=color)
    zero = alt.Chart(rows_of([{"z": 0}])).mark_rule(style="zero").encode(y="z:Q")
    layers = [zero, lines, *_dots(courses, moments, x, y, color), _strip(moments, x)]
    chart = alt.layer(*layers).properties(
        height=HEIGHT,
        title="Announcements and what stayed",
        description=_described(courses, moments),
    )
    done: alt.TopLevelMixin = chart
    return done


def _dots(
    courses: Sequence[Course], moments: Sequence[Moment], x: Any, y: Any, color: Any
) -> list[Any]:
    import altair as alt

    where = {
        (one.ticker, day): car
        for one in courses
        for day, car in zip(one.dates, one.car, strict=True)
        if car is not None
    }
    values = [
        {
            "s": one.ticker,
            "d": str(one.date),
            "c": round(where[one.ticker, one.date], 4),
            "t": one.title,
            "a": None if one.abnormal is None else round(one.abnormal, 4),
        }
        for one in moments
        if one.ticker is not None and (one.ticker, one.date) in where
    ]
    if not values:
        return []
    return [
        alt.Chart(rows_of(values))
        .mark_circle(size=64, opacity=1)
        .encode(x=x, y=y, color=color, tooltip=_tips(with_car=True))
    ]


def _strip(moments: Sequence[Moment], x: Any) -> Any:
    import altair as alt

    values = [
        {
            "d": str(one.date),
            "t": one.title,
            "s": one.ticker or "–",
            "a": None if one.abnormal is None else round(one.abnormal, 4),
        }
        for one in moments
    ]
    return (
        alt.Chart(rows_of(values))
        .mark_tick(style="muted", orient="vertical", size=_STRIP, thickness=2, strokeWidth=0)
        .encode(x=x, y=alt.value(HEIGHT - _STRIP / 2), tooltip=_tips(with_car=False))
    )


def _tips(*, with_car: bool) -> list[Any]:
    import altair as alt

    tips = [
        alt.Tooltip("t:N", title="Announcement"),
        alt.Tooltip("d:T", title="Reacted", timeUnit="utcyearmonthdate", format="%a %-d %b %Y"),
        alt.Tooltip("s:N", title="Main party"),
        alt.Tooltip("a:Q", title="Abnormal return that day", format="+.2%"),
    ]
    car = alt.Tooltip("c:Q", title="CAR since its first announcement", format="+.1%")
    return [*tips, car] if with_car else tips


def _described(courses: Sequence[Course], moments: Sequence[Moment]) -> str:
    ends = []
    for one in courses:
        known = [car for car in one.car if car is not None]
        if known:
            ends.append(f"{one.ticker} {known[-1]:+.0%}")
    days = sorted(one.date for one in moments)
    return (
        f"{len(moments)} announcements from {days[0]} to {days[-1]}; cumulative abnormal returns "
        f"at the end: {', '.join(ends) or 'none'}."
    )
