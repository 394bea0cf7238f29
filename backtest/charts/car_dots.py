"""The distribution of CARs: every observation a dot, one row a window, the farthest ones named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from backtest.charts.data import data_of
from backtest.charts.parts import counted, domain_of, sharing, titled
from backtest.charts.selection import members_of, model_of
from backtest.charts.stacks import DOT, Row, rows_of
from backtest.charts.theme import LABEL
from backtest.charts.units import Unit, unit
from backtest.errors import BadUsage
from backtest.events.sessions import day_name
from backtest.extras import needed
from backtest.notation import span
from backtest.spec import Window

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from backtest.results.result import StudyResult

SIGNIFICANT = 0.05

_SIDE = 0.36
"""Share of the axis from an end in which a dot's name runs away from that end."""

_ACROSS = 560.0
"""Pixels of the axis that the stacks are made for."""


def car_dots(
    result: StudyResult,
    group: str = "all",
    model: str | None = None,
    windows: Sequence[Window] | None = None,
) -> alt.LayerChart:
    """Draw the CARs of a group, main sessions only.

    Args:
        result: the study.
        group: one of its groups.
        model: one of its models, by default the first.
        windows: of its CAR windows, by default all.

    Raises:
        BadUsage: the study has no such group, model or window, or a library of the extra `report`
            is missing.
    """
    with needed("charts"):
        import altair as alt
    figures, chosen = unit(result.spec.measure), _chosen(result, windows)
    own = [
        frame.drop_nulls("car").sort("car") for frame in car_frames(result, group, model, chosen)
    ]
    values = [frame["car"].to_list() for frame in own]
    low, high = domain_of([value for each in values for value in each], 0.04)
    rows, height = rows_of(values, (high - low) * DOT / _ACROSS)
    dots = alt.Chart(data_of(_placed(own, rows))).encode(
        x=_car_axis(figures, (low, high)),
        y=_row_axis(rows, chosen, height),
        tooltip=_tooltip(figures),
    )
    chart = titled(
        [
            _zero(),
            sharing(
                dots.mark_circle(style="faint", size=38, filled=False).transform_filter(
                    f"!(datum.p < {SIGNIFICANT})"
                ),
                dots.mark_circle(style="dot", size=42).transform_filter(f"datum.p < {SIGNIFICANT}"),
            ),
            _means(own, rows, figures),
            *_names(own, rows, figures, low, high),
        ],
        f"Cumulative abnormal {figures.several}, every observation a dot",
        _subtitle(group, model_of(result, model), own),
        _said(own, chosen, group, figures),
    )
    return chart.properties(height=height)


def car_frames(
    result: StudyResult, group: str, model: str | None, windows: Sequence[Window]
) -> list[pl.DataFrame]:
    """Return the observations of each window.

    Their columns are `event_id, ticker, title, role, session, car, std_error, t, p, window`.

    Raises:
        BadUsage: the study has no such group or model.
    """
    import polars as pl

    key = ["event_id", "ticker"]
    who = result.observations.filter(~pl.col("alternative")).select(*key, "role", "session")
    cars = (
        result.cars.filter(pl.col("model") == model_of(result, model), ~pl.col("alternative"))
        .join(members_of(result, group), on=key, how="semi")
        .join(who, on=key, how="left", maintain_order="left")
        .join(result.headlines.select("event_id", "title"), on="event_id", how="left")
    )
    columns = (*key, "title", "role", "session", "car", "std_error", "t", "p")
    return [
        cars.filter(pl.col("start") == one.start, pl.col("end") == one.end).select(
            *columns, pl.lit(f"CAR {span(one)}").alias("window")
        )
        for one in windows
    ]


def _chosen(result: StudyResult, windows: Sequence[Window] | None) -> list[Window]:
    for window in windows or ():
        if window not in result.spec.cars:
            raise BadUsage.because(
                "no-such-window",
                f"the study has no CAR over {window}",
                field="window",
                hint=f"it has: {', '.join(str(car) for car in result.spec.cars)}",
            )
    return list(windows or result.spec.cars)


def _placed(own: Sequence[pl.DataFrame], rows: Sequence[Row]) -> pl.DataFrame:
    import polars as pl

    return pl.concat(
        frame.drop("event_id", "std_error").with_columns(
            pl.Series("y", [row.middle + offset for offset in row.offsets], dtype=pl.Float64)
        )
        for frame, row in zip(own, rows, strict=True)
    )


def _car_axis(figures: Unit, domain: tuple[float, float]) -> alt.X:
    import altair as alt

    title = figures.titled(f"cumulative abnormal {figures.noun}")
    axis = alt.Axis(title=title, labelExpr=figures.tick, grid=True)
    scale = alt.Scale(domain=list(domain), nice=False)
    return alt.X(field="car", type="quantitative", axis=axis, scale=scale)


def _row_axis(rows: Sequence[Row], windows: Sequence[Window], height: float) -> alt.Y:
    import altair as alt

    at, names = [row.middle for row in rows], [f"CAR {span(one)}" for one in windows]
    expression = f"{json.dumps(names)}[indexof({json.dumps(at)}, datum.value)]"
    axis = alt.Axis(title=None, values=at, labelExpr=expression, grid=False, labelOverlap=False)
    scale = alt.Scale(domain=[height, 0], nice=False, zero=False)
    return alt.Y(field="y", type="quantitative", axis=axis, scale=scale)


def _zero() -> alt.Chart:
    import altair as alt

    data: alt.Data = alt.Data(values=[{"car": 0}])  # type: ignore[no-untyped-call]
    rule = alt.Chart(data).mark_rule(style="zero")
    drawn: alt.Chart = rule.encode(x=alt.X(field="car", type="quantitative"))
    return drawn


def _means(own: Sequence[pl.DataFrame], rows: Sequence[Row], figures: Unit) -> alt.Chart:
    """Return a tall tick at the mean of each row."""
    import altair as alt
    import polars as pl

    means = [frame["car"].mean() for frame in own]
    frame = pl.DataFrame(
        {
            "mean": pl.Series(means, dtype=pl.Float64),
            "top": [row.top - 4 for row in rows],
            "bottom": [row.bottom + 4 for row in rows],
        }
    ).drop_nulls("mean")
    drawn: alt.Chart = (
        alt.Chart(data_of(frame))
        .mark_rule(style="error")
        .encode(
            x=alt.X(field="mean", type="quantitative"),
            y=alt.Y(field="top", type="quantitative"),
            y2=alt.Y2(field="bottom"),
            tooltip=alt.Tooltip(field="mean", type="quantitative", format=figures.tooltip),
        )
    )
    return drawn


def _names(
    own: Sequence[pl.DataFrame], rows: Sequence[Row], figures: Unit, low: float, high: float
) -> Iterator[alt.Chart]:
    """Yield the names of the lowest dot of a row, above it, and of the highest, below it.

    They run towards the middle of the chart, so no edge cuts them, and two never meet: on a phone
    a name is a little over half as wide as the axis.
    """
    import altair as alt
    import polars as pl

    named: list[dict[str, Any]] = []
    for frame, row in zip(own, rows, strict=True):
        ends = [(0, row.above), (-1, row.below)][2 - min(2, len(frame)) :]
        for place, y in ends:
            one = frame.row(place, named=True)
            when = day_name(one["session"]).split(" ", 1)[1]
            words = f"{one['ticker']}, {when}: {figures.text(one['car'])}"
            dot = row.middle + row.offsets[place]
            named.append({"car": one["car"], "y": y, "dot": dot, "words": words})
    schema = {"car": pl.Float64, "y": pl.Float64, "dot": pl.Float64, "words": pl.String}
    base = alt.Chart(data_of(pl.DataFrame(named, schema=schema))).encode(
        x=alt.X(field="car", type="quantitative"), y=alt.Y(field="y", type="quantitative")
    )
    yield base.mark_rule(style="faint").encode(y2=alt.Y2(field="dot"))
    worded = base.encode(text=alt.Text(field="words", type="nominal"))
    first, second = (low + share * (high - low) for share in (_SIDE, 1 - _SIDE))
    left = worded.transform_filter(f"datum.car < {first!r}")
    right = worded.transform_filter(f"datum.car > {second!r}")
    inner = worded.transform_filter(f"datum.car >= {first!r} && datum.car <= {second!r}")
    for style in ("halo", "note"):
        yield left.mark_text(style=style, align="left", dx=3, fontSize=LABEL)
        yield right.mark_text(style=style, align="right", dx=-3, fontSize=LABEL)
        yield inner.mark_text(style=style, align="center", fontSize=LABEL)


def _tooltip(figures: Unit) -> list[alt.Tooltip]:
    import altair as alt

    return [
        alt.Tooltip(field="title", type="nominal", title="event"),
        alt.Tooltip(field="ticker", type="nominal"),
        alt.Tooltip(field="role", type="nominal"),
        alt.Tooltip(field="session", type="temporal", title="reacted", format="%-d %b %Y"),
        alt.Tooltip(field="window", type="nominal"),
        alt.Tooltip(field="car", type="quantitative", title="CAR", format=figures.tooltip),
        alt.Tooltip(field="t", type="quantitative", format=".2f"),
        alt.Tooltip(field="p", type="quantitative", format=".3f"),
    ]


def _subtitle(group: str, model: str, own: Sequence[pl.DataFrame]) -> str:
    most = max((len(frame) for frame in own), default=0)
    return (
        f"{group}: {counted(most, 'observation')}, {model} model, main sessions. Filled: "
        "p\u00a0<\u00a05\u00a0% by the t test of the single event; tall tick: mean; lowest and "
        "highest are named."
    )


def _said(own: Sequence[pl.DataFrame], windows: Sequence[Window], group: str, figures: Unit) -> str:
    parts = []
    for frame, window in zip(own, windows, strict=True):
        if len(frame):
            low, high = frame.row(0, named=True), frame.row(-1, named=True)
            parts.append(
                f"{span(window)} from {figures.text(low['car'])} ({low['ticker']}) "
                f"to {figures.text(high['car'])} ({high['ticker']})"
            )
    return f"Dot plot of the cumulative abnormal {figures.noun} of {group}: {'; '.join(parts)}."
