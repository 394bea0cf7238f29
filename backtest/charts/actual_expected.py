"""A security's return beside what the model expected of it, by session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.charts.data import data_of
from backtest.charts.event_words import left_out, reacted
from backtest.charts.parts import event_line, measure_axis, session_axis, sharing, titled, zero_line
from backtest.charts.selection import event_of, main_party, model_of, parties_of
from backtest.charts.units import Unit, unit
from backtest.extras import needed

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from backtest.results.result import StudyResult

ACTUAL, EXPECTED = "actual", "expected"


def actual_expected(
    result: StudyResult,
    event_id: str,
    ticker: str | None = None,
    model: str | None = None,
    *,
    alternative: bool = False,
) -> alt.LayerChart:
    """Draw actual and expected return; the line between them is the abnormal return.

    Args:
        result: the study.
        event_id: one of its events.
        ticker: a security of it, by default the first.
        model: one of the study's models, by default the first.
        alternative: from the second candidate session instead, where the hour is not known.

    Raises:
        BadUsage: the study has no such event, security or model, nothing of it was studied, or a
            library of the extra `report` is missing.
    """
    with needed("charts"):
        import altair as alt
    figures, name = unit(result.spec.measure), model_of(result, model)
    parties = parties_of(result, event_id, name, alternative=alternative)
    main = main_party(parties, ticker)
    frame = _frame(result, event_id, main, name, alternative=alternative)
    kinds, legend = [ACTUAL, EXPECTED], alt.Legend(title=None, symbolSize=80)
    colors = alt.Scale(domain=kinds, range="category")
    dashes = alt.Scale(domain=kinds, range=[[1, 0], [4, 3]])
    wide = alt.Chart(data_of(frame)).encode(x=session_axis(), tooltip=_tooltip(figures))
    long = alt.Chart(data_of(_long(frame))).encode(
        x=session_axis(),
        y=_axis(figures),
        color=alt.Color(field="kind", type="nominal", scale=colors, legend=legend),
    )
    line = long.mark_line(strokeWidth=1.5).encode(
        strokeDash=alt.StrokeDash(field="kind", type="nominal", scale=dashes, legend=legend)
    )
    stems = wide.mark_rule(style="faint").encode(
        y=alt.Y(field="return", type="quantitative"), y2=alt.Y2(field="expected")
    )
    words = reacted(result, event_id, main, alternative=alternative)
    return titled(
        [
            *([] if figures.level else [zero_line()]),
            event_line(words, result.spec.window.start, result.spec.window.end),
            stems,
            sharing(line, long.mark_circle(size=40, opacity=1).encode(tooltip=_tooltip(figures))),
        ],
        f"{main}: actual and expected {figures.noun}",
        f"{name} model; what lies between the two is abnormal. "
        f"{left_out(result, event_id, main, alternative=alternative)}".strip(),
        _said(frame, main, figures, event_of(result, event_id)),
    )


def _axis(figures: Unit) -> alt.Y:
    """Return the axis; of a level, such as the logarithm of a volume, it need not hold zero."""
    y = measure_axis("value", figures.noun, figures)
    if figures.level is None:
        return y
    axis = y.axis(title=figures.titled(figures.noun), labelExpr=figures.level, tickCount=6)
    level: alt.Y = axis.scale(zero=False)
    return level


def _frame(
    result: StudyResult, event_id: str, ticker: str, model: str, *, alternative: bool
) -> pl.DataFrame:
    import polars as pl

    return (
        result.abnormal_returns.filter(
            pl.col("event_id") == event_id,
            pl.col("ticker") == ticker,
            pl.col("model") == model,
            pl.col("alternative") == alternative,
        )
        .select("day", "date", "return", "expected", "abnormal", "sar")
        .sort("day")
    )


def _long(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a row a session and kind of return, with the others beside it for tooltips."""
    import polars as pl

    parts = [
        frame.with_columns(pl.lit(kind).alias("kind"), pl.col(column).alias("value"))
        for kind, column in ((ACTUAL, "return"), (EXPECTED, "expected"))
    ]
    return pl.concat(parts)


def _tooltip(figures: Unit) -> list[alt.Tooltip]:
    import altair as alt

    return [
        alt.Tooltip(field="date", type="temporal", format="%-d %b %Y"),
        alt.Tooltip(field="day", type="quantitative", title="session", format="+d"),
        *(
            alt.Tooltip(field=name, type="quantitative", format=figures.tooltip)
            for name in ("return", "expected", "abnormal")
        ),
        alt.Tooltip(field="sar", type="quantitative", title="t", format=".2f"),
    ]


def _said(frame: pl.DataFrame, ticker: str, figures: Unit, title: str) -> str:
    import polars as pl

    zero = frame.filter(pl.col("day") == 0)
    if zero.is_empty():
        return f"Line chart of actual and expected {figures.noun} of {ticker}: {title}."
    one = zero.row(0, named=True)
    return (
        f"Line chart of actual and expected {figures.noun} of {ticker}: on the event day "
        f"{figures.text(one['return'])}, expected {figures.text(one['expected'])}. {title}."
    )
