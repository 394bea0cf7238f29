"""AAR: the average abnormal return of a group on each session, as bars with stars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.charts.data import data_of
from backtest.charts.parts import (
    bound,
    counted,
    event_line,
    measure_axis,
    session_axis,
    sharing,
    titled,
    zero_line,
)
from backtest.charts.selection import members_of, model_of
from backtest.charts.units import Unit, unit
from backtest.extras import needed
from backtest.notation import LEGEND, stars

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from backtest.results.result import StudyResult


HALF = 0.36
"""Of a bar's width, in sessions."""


def aar(result: StudyResult, group: str = "all", model: str | None = None) -> alt.LayerChart:
    """Draw the average abnormal return of every session of the event window.

    Args:
        result: the study; main sessions only.
        group: one of its groups.
        model: one of its models, by default the first.

    Raises:
        BadUsage: the study has no such group or model, or a library of the extra `report` is
            missing.
    """
    with needed("charts"):
        import altair as alt
    figures = unit(result.spec.measure)
    frame, test = aar_frame(result, group, model)
    base = alt.Chart(data_of(frame)).encode(x=session_axis())
    bars = alt.Chart(base.data).encode(
        x=session_axis("left"),
        x2=alt.X2(field="right"),
        y=measure_axis("aar", f"average abnormal {figures.noun}", figures),
        y2=alt.Y2(datum=0),
        tooltip=_tooltip(figures, test),
    )
    starred = base.encode(
        y=alt.Y(field="aar", type="quantitative"), text=alt.Text(field="stars", type="nominal")
    )
    up, down = "datum.aar >= 0", "datum.aar < 0"
    return titled(
        [
            zero_line(),
            event_line("event day", result.spec.window.start, result.spec.window.end),
            sharing(
                bars.mark_rect(style="gain").transform_filter(up),
                bars.mark_rect(style="loss").transform_filter(down),
                starred.mark_text(style="strong", baseline="bottom").transform_filter(up),
                starred.mark_text(style="strong", baseline="top", dy=4).transform_filter(down),
            ),
        ],
        f"Average abnormal {figures.noun} by session",
        _subtitle(result, frame, group, model_of(result, model), test),
        _said(frame, figures, group),
    )


def aar_frame(
    result: StudyResult, group: str = "all", model: str | None = None
) -> tuple[pl.DataFrame, str | None]:
    """Return `day, left, right, n, aar, statistic, p, stars`, and the test of the last three.

    It is the headline test, for a sample that can have none the first of the study.

    Raises:
        BadUsage: the study has no such group or model.
    """
    import polars as pl

    members_of(result, group)
    own = (pl.col("group") == group) & (pl.col("model") == model_of(result, model))
    headline = result.sample_designs.filter(own)["headline"].to_list()
    days = result.sample_tests.filter(own, pl.col("start") == pl.col("end")).unique(
        ["start", "test"], keep="first", maintain_order=True
    )
    tested = days["test"].unique(maintain_order=True).to_list()
    test = headline[0] if headline and headline[0] else None
    shown = days.filter(pl.col("test") == (test or (tested[0] if tested else ""))).sort("start")
    marks = [stars(p).strip() for p in shown["p"].to_list()]
    day = pl.col("start")
    frame = shown.select(
        day.alias("day"),
        (day - HALF).alias("left"),
        (day + HALF).alias("right"),
        "n",
        pl.col("mean").alias("aar"),
        "statistic",
        "p",
    ).with_columns(pl.Series("stars", marks, dtype=pl.String))
    return frame, test


def _tooltip(figures: Unit, test: str | None) -> list[alt.Tooltip]:
    import altair as alt

    shown = [
        alt.Tooltip(field="day", type="quantitative", title="session", format="+d"),
        alt.Tooltip(field="aar", type="quantitative", title="AAR", format=figures.tooltip),
        alt.Tooltip(field="n", type="quantitative", title="observations", format=",d"),
    ]
    if test:
        shown += [
            alt.Tooltip(field="statistic", type="quantitative", title=test, format=".2f"),
            alt.Tooltip(field="p", type="quantitative", title="p", format=".3f"),
        ]
    return shown


def _subtitle(
    result: StudyResult, frame: pl.DataFrame, group: str, model: str, test: str | None
) -> str:
    from backtest.inference import tests

    most = int(frame["n"].max() or 0) if len(frame) else 0  # type: ignore[arg-type]
    logs = "; means of log returns are not a portfolio's" if result.spec.returns == "log" else ""
    who = f"{group}: {counted(most, 'observation')}, {model} model{logs}."
    if test is None:
        return f"{who} No stars: fewer than 2 observations."
    return f"{who} Stars by {tests.get(test).title}: {bound(LEGEND)}"


def _said(frame: pl.DataFrame, figures: Unit, group: str) -> str:
    import polars as pl

    at_zero = frame.filter(pl.col("day") == 0)
    zero = figures.text(at_zero["aar"][0]) if len(at_zero) else "–"
    marked = int((frame["stars"].fill_null("").str.len_chars() > 1).sum()) if len(frame) else 0
    return (
        f"Bar chart of the average abnormal {figures.noun} of {group} by session: {zero} on the "
        f"event day; {counted(marked, 'session')} of {len(frame)} with p below 5 %."
    )
