"""Close and volume of a security around an announcement, with other news marked on the axis."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from backtest.charts.rows import rows_of
from backtest.extras import needed

if TYPE_CHECKING:
    import altair as alt

PRICE_HEIGHT, VOLUME_HEIGHT = 170, 56
_MILLION = 1e6


def price_volume(
    dates: Sequence[dt.date],
    close: Sequence[float | None],
    volume: Sequence[float | None] | None,
    *,
    ticker: str,
    currency: str,
    day0: dt.date,
    alternative: dt.date | None = None,
    confounders: Sequence[tuple[dt.date, str]] = (),
) -> alt.TopLevelMixin:
    """Return the chart.

    Args:
        dates: (L,) sessions, ascending.
        close: (L,) closes, split-adjusted and not dividend-adjusted; None where missing.
        volume: (L,) shares traded; None where the price source has none at all.
        ticker: whose.
        currency: the price is quoted in.
        day0: the session that reacts.
        alternative: the other candidate session, where the hour is unknown.
        confounders: days and texts of other news, marked at the foot of the price.

    Raises:
        BadUsage: Altair is not installed.
    """
    with needed("charts"):
        import altair as alt
    rows = [{"d": str(day), "c": _round(price)} for day, price in zip(dates, close, strict=True)]
    x = _days(dates)
    price = (
        alt.Chart(rows_of(rows))
        .mark_line(style="main")
        .encode(
            x=x,
            y=alt.Y("c:Q", title=f"Close, {currency}", scale=alt.Scale(zero=False)).axis(
                tickCount=5
            ),
            tooltip=[_day_tip(), alt.Tooltip("c:Q", title=f"Close, {currency}", format=",.2f")],
        )
    )
    above = alt.layer(
        *_rules(day0, alternative, x), price, *_news(confounders, dates, x)
    ).properties(height=PRICE_HEIGHT)
    described = _described(dates, close, ticker, currency, day0)
    title = f"{ticker}: price and volume"
    if volume is None:
        alone: alt.TopLevelMixin = above.properties(title=title, description=described)
        return alone
    below = _volume(dates, volume, day0, x)
    both = alt.vconcat(above, below, title=title, description=described)
    done: alt.TopLevelMixin = both.resolve_scale(x="shared")
    return done


def _days(dates: Sequence[dt.date]) -> Any:
    import altair as alt

    axis = alt.Axis(format="%-d %b", tickCount=5, title=None)
    scale = alt.Scale(domain=[str(dates[0]), str(dates[-1])], type="utc")
    return alt.X("d:T", axis=axis, scale=scale, timeUnit="utcyearmonthdate")


def _day_tip() -> Any:
    import altair as alt

    return alt.Tooltip("d:T", title="Session", timeUnit="utcyearmonthdate", format="%a %-d %b %Y")


def _volume(dates: Sequence[dt.date], volume: Sequence[float | None], day0: dt.date, x: Any) -> Any:
    """Return the bars below; the event's own is a layer of its own, to stand out."""
    import altair as alt

    rows = [
        {"d": str(day), "v": None if one is None else round(one / _MILLION, 2)}
        for day, one in zip(dates, volume, strict=True)
    ]
    event = [row for row in rows if row["d"] == str(day0)]
    others = [row for row in rows if row["d"] != str(day0)]
    tips = [_day_tip(), alt.Tooltip("v:Q", title="Volume, million shares", format=",.1f")]
    y = alt.Y("v:Q", title="Volume, m").axis(tickCount=2)
    bars = [
        alt.Chart(rows_of(own))
        .mark_bar(style=style, width=width, strokeWidth=0)
        .encode(x=x, y=y, tooltip=tips)
        for own, style, width in ((others, "muted", 2), (event, "main", 4))
    ]
    return alt.layer(*bars).properties(height=VOLUME_HEIGHT)


def _rules(day0: dt.date, alternative: dt.date | None, x: Any) -> list[Any]:
    """Return a rule at the session that reacts, and a fainter one at the other candidate."""
    import altair as alt

    main = alt.Chart(rows_of([{"d": str(day0)}])).mark_rule(style="event").encode(x=x)
    if alternative is None:
        return [main]
    other = alt.Chart(rows_of([{"d": str(alternative)}]))
    return [other.mark_rule(style="event", opacity=0.45).encode(x=x), main]


def _news(
    confounders: Sequence[tuple[dt.date, str]], dates: Sequence[dt.date], x: Any
) -> list[Any]:
    """Return marks of other news at the foot of the price, one for each day that has any."""
    import altair as alt

    by_day: dict[dt.date, list[str]] = {}
    for day, what in sorted(confounders):
        if dates[0] <= day <= dates[-1]:
            by_day.setdefault(day, []).append(what)
    if not by_day:
        return []
    values = [{"d": str(day), "w": "; ".join(news)} for day, news in by_day.items()]
    marks = (
        alt.Chart(rows_of(values))
        .mark_point(
            style="other", shape="triangle-up", size=42, filled=True, strokeWidth=0, opacity=1
        )
        .encode(
            x=x,
            y=alt.value(PRICE_HEIGHT - 5),
            tooltip=[_day_tip(), alt.Tooltip("w:N", title="Other news")],
        )
    )
    return [marks]


def _described(
    dates: Sequence[dt.date],
    close: Sequence[float | None],
    ticker: str,
    currency: str,
    day0: dt.date,
) -> str:
    there = [(day, one) for day, one in zip(dates, close, strict=True) if one is not None]
    if not there:
        return f"{ticker}: no prices around {day0}."
    before = [one for day, one in there if day < day0]
    own = [one for day, one in there if day == day0]
    reacted = (
        f" It went from {before[-1]:,.2f} to {own[0]:,.2f} on {day0}." if before and own else ""
    )
    (first, start), (last, end) = there[0], there[-1]
    return (
        f"Closing price of {ticker} in {currency} with volume, {first} to {last}: from "
        f"{start:,.2f} to {end:,.2f}.{reacted}"
    )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
