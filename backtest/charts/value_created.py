"""Market value that an event created or destroyed: at the close, and at the day's high."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backtest.charts.data import data_of
from backtest.charts.event_words import left_out, reacted
from backtest.charts.parts import titled
from backtest.charts.selection import event_of
from backtest.charts.units import money_tick
from backtest.errors import BadUsage
from backtest.extras import needed
from backtest.notation import money

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from backtest.results.result import StudyResult

CLOSE, PEAK = "at the close", "at the day's high"
_BAR = 17
"""Pixels of a bar; a party has two."""

_WORDS = 0.23
"""Share of the axis on a phone that the words at the end of a bar take."""


def value_created(
    result: StudyResult, event_id: str, *, alternative: bool = False
) -> alt.LayerChart | alt.VConcatChart:
    """Draw the change of every party's market value on the event day, in its listing's currency.

    Securities of other currencies than the first have a view of their own: they share no axis.

    Args:
        result: the study.
        event_id: one of its events.
        alternative: on the second candidate session instead, where the hour is not known.

    Raises:
        BadUsage: the study has no such event, no market value is known of its securities, or a
            library of the extra `report` is missing.
    """
    with needed("charts"):
        import altair as alt
    frame = value_frame(result, event_id, alternative=alternative)
    event_of(result, event_id)
    if frame.is_empty():
        raise BadUsage.because(
            "no-market-value",
            f"no market value is known of the securities of `{event_id}`",
            field="event",
            hint="`excluded` has the reasons; `backtest prices import TABLE --shares COUNTS`",
        )
    views = [
        _view(own, _words(result, event_id, own, place == 0, alternative=alternative))
        for place, own in enumerate(frame.partition_by("currency", maintain_order=True))
    ]
    if len(views) == 1:
        return views[0]
    return alt.VConcatChart(vconcat=views, description=" ".join(one.description for one in views))


def value_frame(result: StudyResult, event_id: str, *, alternative: bool = False) -> pl.DataFrame:
    """Return what the event day did to the market values, in units of the currency.

    Returns:
        `ticker, role, currency, date, shares, shares_as_of, cap_before, kind, change,
        abnormal_change`: two rows a security, its kind `CLOSE` and `PEAK`; the one that gained most
        at the close comes first.

    Raises:
        BadUsage: the study has no such event.
    """
    import polars as pl

    event_of(result, event_id)
    own = (pl.col("event_id") == event_id) & (pl.col("alternative") == alternative)
    roles = result.observations.filter(own).select("ticker", "role")
    day = (
        result.market_caps.filter(own, pl.col("day") == 0)
        .drop_nulls("change")
        .join(roles, on="ticker", how="left", maintain_order="left")
        .sort("change", descending=True, maintain_order=True)
    )
    shown = ("ticker", "role", "currency", "date", "shares", "shares_as_of", "cap_before")
    parts = [
        day.with_row_index("place").select(
            "place",
            *shown,
            pl.lit(kind).alias("kind"),
            pl.col(column).alias("change"),
            "abnormal_change",
        )
        for kind, column in ((CLOSE, "change"), (PEAK, "peak_change"))
    ]
    return pl.concat(parts).sort("place", "kind").drop("place")


def _view(frame: pl.DataFrame, words: tuple[str, str, str]) -> alt.LayerChart:
    import altair as alt
    import polars as pl

    code = frame["currency"][0]
    symbol = money(0.0, code, signed=False).removesuffix("0.0")
    written = [money(value, code) for value in frame["change"].to_list()]
    data = data_of(frame.with_columns(pl.Series("words", written, dtype=pl.String)))
    kinds = [CLOSE, PEAK]
    # An empty title and some room: below another view its own title begins where that one's does.
    axis = alt.Axis(title=" ", minExtent=30, grid=False, labelLimit=0)
    y = alt.Y(field="ticker", type="nominal", sort=None, axis=axis)
    base = alt.Chart(data).encode(
        y=y,
        yOffset=alt.YOffset(field="kind", type="nominal", sort=kinds),
        tooltip=_tooltip(),
    )
    bars = base.mark_bar(height=_BAR - 4).encode(
        x=_money_axis(frame, symbol),
        color=alt.Color(
            field="kind",
            type="nominal",
            scale=alt.Scale(domain=kinds, range="category"),
            legend=alt.Legend(title=None),
        ),
    )
    texts = base.encode(
        x=alt.X(field="change", type="quantitative"), text=alt.Text(field="words", type="nominal")
    )
    up, down = "datum.change >= 0", "datum.change < 0"
    layers = [
        bars,
        _zero(),
        texts.mark_text(style="label", align="left", dx=4).transform_filter(up),
        texts.mark_text(style="label", align="right", dx=-4).transform_filter(down),
    ]
    height = 2 * _BAR * frame["ticker"].n_unique() * 1.2
    return titled(layers, *words).properties(height=height)


def _money_axis(frame: pl.DataFrame, symbol: str) -> alt.X:
    import altair as alt

    values = [0.0, *frame["change"].drop_nulls().to_list()]
    low, high = min(values), max(values)
    sides = (low < 0) + (high > 0)
    air = _WORDS / (1 - sides * _WORDS) * (high - low or 1.0)
    domain = [low - air * (low < 0), high + air * (high > 0)]
    axis = alt.Axis(
        title="change of market value", labelExpr=money_tick(symbol), grid=True, tickCount=5
    )
    scale = alt.Scale(domain=domain, nice=False)
    return alt.X(field="change", type="quantitative", axis=axis, scale=scale)


def _zero() -> alt.Chart:
    import altair as alt

    data: alt.Data = alt.Data(values=[{"change": 0}])  # type: ignore[no-untyped-call]
    rule = alt.Chart(data).mark_rule(style="zero")
    drawn: alt.Chart = rule.encode(x=alt.X(field="change", type="quantitative"))
    return drawn


def _tooltip() -> list[alt.Tooltip]:
    import altair as alt

    return [
        alt.Tooltip(field="ticker", type="nominal"),
        alt.Tooltip(field="role", type="nominal"),
        alt.Tooltip(field="kind", type="nominal", title="measured"),
        alt.Tooltip(field="words", type="nominal", title="change"),
        alt.Tooltip(field="cap_before", type="quantitative", title="value before", format=",.0f"),
        alt.Tooltip(field="currency", type="nominal"),
        alt.Tooltip(field="shares", type="quantitative", format=",.0f"),
        alt.Tooltip(field="shares_as_of", type="temporal", title="known", format="%-d %b %Y"),
    ]


def _words(
    result: StudyResult, event_id: str, frame: pl.DataFrame, first: bool, *, alternative: bool
) -> tuple[str, str, str]:
    """Return title, subtitle and text alternative of the view of a currency."""
    code = frame["currency"][0]
    title = f"Market value created on the event day ({code})"
    own = frame["ticker"][0]
    when = reacted(result, event_id, own, alternative=alternative)
    parts = [
        f"{when[:1].upper()}{when[1:]}. Shares known by then × change of the price as quoted, "
        "not adjusted for dividends."
    ]
    if first:
        parts += [
            _unvalued(result, event_id),
            left_out(result, event_id, own, alternative=alternative),
        ]
    top: dict[str, Any] = frame.row(0, named=True)
    peak = frame.row(1, named=True)
    said = (
        f"Bar chart of the change of market value on the event day: {top['ticker']} "
        f"{money(top['change'], code)} at the close and {money(peak['change'], code)} at the day's "
        f"high; {frame['ticker'].n_unique()} securities in {code}."
    )
    return title, " ".join(part for part in parts if part), said


def _unvalued(result: StudyResult, event_id: str) -> str:
    """Return who has no market value here, empty for nobody."""
    import polars as pl

    own = pl.col("event_id") == event_id
    studied = result.observations.filter(own)["ticker"].unique(maintain_order=True).to_list()
    known = result.market_caps.filter(own).drop_nulls("change")["ticker"].unique().to_list()
    lacking = [ticker for ticker in studied if ticker not in known]
    return f"No share count or price: {', '.join(lacking)}." if lacking else ""
