"""CAAR: the average cumulative abnormal return of a group by session, with a confidence band."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.charts.averages import ADJUSTED, Averages, averages
from backtest.charts.data import data_of
from backtest.charts.parts import (
    counted,
    event_line,
    measure_axis,
    session_axis,
    sharing,
    titled,
    zero_line,
)
from backtest.charts.units import Unit, unit
from backtest.extras import needed
from backtest.notation import span
from backtest.spec import Window

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from backtest.results.result import StudyResult


def caar(
    result: StudyResult,
    group: str = "all",
    model: str | None = None,
    window: Window | None = None,
) -> alt.LayerChart:
    """Draw CAAR from the first session of a window to each of its sessions.

    The band is 95 %: Student's quantile times the standard error of the group's headline test, or
    of the nearest test that has one (`averages`); the subtitle says whose.

    Args:
        result: the study; main sessions only.
        group: one of its groups.
        model: one of its models, by default the first.
        window: sessions, by default the whole event window.

    Raises:
        BadUsage: the study has no such group or model, the window is not inside its own, or a
            library of the extra `report` is missing.
    """
    with needed("charts"):
        import altair as alt
    own, figures = averages(result, group, model, window), unit(result.spec.measure)
    base = alt.Chart(data_of(caar_frame(own))).encode(x=session_axis())
    wide = len(own.days) > 1  # the area over a single session would be nothing
    area = base.mark_area(style="band") if wide else base.mark_rule(style="band", strokeWidth=12)
    band = area.encode(
        y=measure_axis("low", f"cumulative average abnormal {figures.noun}", figures),
        y2=alt.Y2(field="high"),
    )
    tooltip = [
        alt.Tooltip(field="day", type="quantitative", title="session", format="+d"),
        alt.Tooltip(field="caar", type="quantitative", title="CAAR", format=figures.tooltip),
        alt.Tooltip(field="low", type="quantitative", title="95 % from", format=figures.tooltip),
        alt.Tooltip(field="high", type="quantitative", title="to", format=figures.tooltip),
        alt.Tooltip(field="aar", type="quantitative", title="AAR", format=figures.tooltip),
        alt.Tooltip(field="n", type="quantitative", title="observations", format=",d"),
    ]
    line = base.encode(y=alt.Y(field="caar", type="quantitative"))
    ends = int(own.days[0]), int(own.days[-1])
    dots = line.mark_circle(style="main", size=28, opacity=1).encode(tooltip=tooltip)
    return titled(
        [
            zero_line(),
            event_line("event day", *ends),
            sharing(band, line.mark_line(style="main"), dots),
        ],
        f"Cumulative average abnormal {figures.noun}",
        _subtitle(result, own),
        _said(own, figures),
    )


def caar_frame(own: Averages) -> pl.DataFrame:
    """Return the averages as a frame: `day, n, aar, caar, std_error, low, high`."""
    import polars as pl

    names = ("n", "aar", "caar", "std_error", "low", "high")
    columns = {"day": own.days, **{name: getattr(own, name) for name in names}}
    return pl.DataFrame(columns, nan_to_null=True)


def band_words(own: Averages) -> str:
    """Return whose standard error the band has, and how it was come by."""
    from backtest.inference import tests

    if own.test is None:
        return "No band: fewer than 2 observations"
    test = tests.get(own.test)
    words = f"Band: 95\u00a0%, standard error of {test.title} ({test.source})"
    if own.headline not in (None, own.test):
        words += f", since the headline test {own.headline} has none in units of returns"
    if own.approximate:
        words += "; interpolated between the windows that the study tested"
    if own.test == ADJUSTED:
        words += "; CAAR weighs all observations alike, the test the less noisy ones more"
    return words


def _subtitle(result: StudyResult, own: Averages) -> str:
    least, most = int(own.n.min()), int(own.n.max())
    several = f"{least:,} to {most:,}" if least < most else f"{most:,}"
    who = f"{own.group}: {several} observation{'s' * (most != 1)} of {counted(own.events, 'event')}"
    logs = "; means of log returns are not a portfolio's" if result.spec.returns == "log" else ""
    return f"{who}, {own.model} model{logs}. {band_words(own)}."


def _said(own: Averages, figures: Unit) -> str:
    """Return the chart in a sentence, for those who cannot see it."""
    window = span(Window(int(own.days[0]), int(own.days[-1])))
    last = caar_frame(own).row(-1, named=True)
    end, low, high = (figures.text(last[name]) for name in ("caar", "low", "high"))
    return (
        f"Line chart of the cumulative average abnormal {figures.noun} of {own.group} over "
        f"sessions {window}: {end} at the end, 95 % from {low} to {high}."
    )
