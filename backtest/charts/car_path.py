"""An event's CAR by session: its main security with a band of prediction errors, and the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backtest.charts.cumulated import Cumulated, cumulated
from backtest.charts.data import data_of
from backtest.charts.event_words import left_out, reacted
from backtest.charts.parts import (
    domain_of,
    end_labels,
    event_line,
    measure_axis,
    session_axis,
    spread,
    titled,
    zero_line,
)
from backtest.charts.selection import event_of, main_party, model_of, parties_of
from backtest.charts.theme import HEIGHT
from backtest.charts.units import Unit, unit
from backtest.extras import needed

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from backtest.results.result import StudyResult

LEVEL = 0.95

LABELLED = 24
"""Securities named at the end of their line; of more, those that moved farthest."""

_LINE = 15
"""Pixels of a label."""


def car_path(
    result: StudyResult,
    event_id: str,
    ticker: str | None = None,
    model: str | None = None,
    *,
    alternative: bool = False,
) -> alt.LayerChart:
    """Draw what the parties of an event gained or lost by session, beyond what was expected.

    Args:
        result: the study.
        event_id: one of its events.
        ticker: the security that is emphasised and has a band, by default the event's first.
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
    paths = _paths(result, event_id, name, alternative=alternative)
    frame = path_frame(result, event_id, name, alternative=alternative)
    own, others = (frame.filter((frame["ticker"] == main) == side) for side in (True, False))
    domain = domain_of(
        [*own["low"].drop_nulls(), *own["high"].drop_nulls(), *frame["car"].drop_nulls()]
    )
    height = max(HEIGHT, _LINE * (min(len(parties), LABELLED) + 1))
    axis = end_labels(*_labels(frame, main, domain, height, figures))
    y = alt.Y(field="car", type="quantitative", axis=axis)
    base = alt.Chart(data_of(own)).encode(x=session_axis())
    rest = alt.Chart(data_of(others)).encode(x=session_axis(), detail=alt.Detail("ticker:N"))
    band = base.mark_area(style="band").encode(
        y=measure_axis("low", f"cumulative abnormal {figures.noun}", figures, domain),
        y2=alt.Y2(field="high"),
    )
    quiet, dot = alt.Y(field="car", type="quantitative", axis=None), _tooltip(figures)
    layers = [
        band,
        zero_line(axis=False),
        event_line(
            reacted(result, event_id, main, alternative=alternative),
            result.spec.window.start,
            result.spec.window.end,
        ),
        rest.mark_line(style="faint").encode(y=quiet),
        rest.mark_circle(style="faint", size=16).encode(y=quiet, tooltip=dot),
        base.mark_line(style="main").encode(y=y),
        base.mark_circle(style="main", size=30, opacity=1).encode(y=quiet, tooltip=dot),
    ]
    chart = titled(
        layers,
        event_of(result, event_id),
        f"{main}{f' among {len(parties)} parties' if len(parties) > 1 else ''}, {name} model. "
        f"{_band_words(paths)} {left_out(result, event_id, main, alternative=alternative)}".strip(),
        _said(frame, main, figures),
    )
    done: alt.LayerChart = chart.resolve_axis(y="independent").properties(height=height)
    return done


def path_frame(
    result: StudyResult, event_id: str, model: str | None = None, *, alternative: bool = False
) -> pl.DataFrame:
    """Return the paths of an event's parties.

    Returns:
        `ticker, role, day, date, abnormal, car, std_error, low, high`, a row a party and session;
        low and high are car ± Student's quantile times S(CAR) (METHODS §4).

    Raises:
        BadUsage: the study has no such event or model, or nothing of it was studied.
    """
    import polars as pl

    name = model_of(result, model)
    parties_of(result, event_id, name, alternative=alternative)
    paths = _paths(result, event_id, name, alternative=alternative)
    count, days = paths.car.shape
    reach = paths.quantile(LEVEL)[:, None] * paths.std_error
    frame = pl.DataFrame(
        {
            "ticker": np.repeat(paths.keys["ticker"].to_numpy(), days),
            "day": np.tile(paths.days, count).astype(np.int32),
            "abnormal": paths.abnormal.ravel(),
            "car": paths.car.ravel(),
            "std_error": paths.std_error.ravel(),
            "low": (paths.car - reach).ravel(),
            "high": (paths.car + reach).ravel(),
        },
        nan_to_null=True,
    )
    own = (pl.col("event_id") == event_id) & (pl.col("alternative") == alternative)
    roles = result.observations.filter(own).select("ticker", "role")
    dates = result.abnormal_returns.filter(own, pl.col("model") == name)
    return (
        frame.join(roles, on="ticker", how="left", maintain_order="left")
        .join(
            dates.select("ticker", "day", "date"),
            on=["ticker", "day"],
            how="left",
            maintain_order="left",
        )
        .select(
            *("ticker", "role", "day", "date", "abnormal", "car", "std_error", "low", "high"),
        )
    )


def _paths(result: StudyResult, event_id: str, model: str, *, alternative: bool) -> Cumulated:
    import polars as pl

    own = (pl.col("event_id") == event_id) & (pl.col("alternative") == alternative)
    members = result.observations.filter(own).select("event_id", "ticker").unique()
    return cumulated(result, members, model, alternative=alternative)


def _labels(
    frame: pl.DataFrame, main: str, domain: tuple[float, float], height: float, figures: Unit
) -> tuple[dict[str, float], str]:
    """Return the words at the ends of the lines with their places, and those of the main one."""
    import polars as pl

    ends = (
        frame.drop_nulls("car")
        .group_by("ticker", maintain_order=True)
        .agg(pl.col("car").last())
        .sort((pl.col("ticker") == main), pl.col("car").abs(), descending=True)
        .head(LABELLED)
    )
    words = {one: f"{one} {figures.text(value)}" for one, value in ends.iter_rows()}
    places = spread(ends["car"].to_list(), *domain, height, _LINE)
    return dict(zip(words.values(), places, strict=True)), words.get(main, main)


def _tooltip(figures: Unit) -> list[alt.Tooltip]:
    import altair as alt

    return [
        alt.Tooltip(field="ticker", type="nominal"),
        alt.Tooltip(field="role", type="nominal"),
        alt.Tooltip(field="date", type="temporal", format="%-d %b %Y"),
        alt.Tooltip(field="day", type="quantitative", title="session", format="+d"),
        alt.Tooltip(field="abnormal", type="quantitative", title="AR", format=figures.tooltip),
        alt.Tooltip(field="car", type="quantitative", title="CAR", format=figures.tooltip),
        alt.Tooltip(field="std_error", type="quantitative", title="S(CAR)", format=".2%")
        if not figures.name
        else alt.Tooltip(field="std_error", type="quantitative", title="S(CAR)", format=".3f"),
    ]


def _band_words(paths: Cumulated) -> str:
    how = "" if paths.exact else ", interpolated between the study's windows"
    return f"Band: 95\u00a0% of prediction errors, cumulated S(CAR) (Salinger 1992){how}."


def _said(frame: pl.DataFrame, main: str, figures: Unit) -> str:
    import polars as pl

    own = frame.filter(pl.col("ticker") == main).drop_nulls("car")
    if own.is_empty():
        return f"Line chart of the cumulative abnormal {figures.noun} of {main}: no value."
    last, others = own.row(-1, named=True), frame["ticker"].n_unique() - 1
    beside = f", beside {others} other parties" if others > 1 else ", beside another" * others
    return (
        f"Line chart of the cumulative abnormal {figures.noun} of {main} by session{beside}: "
        f"{figures.text(last['car'])} by session {last['day']:+d}, 95 % from "
        f"{figures.text(last['low'])} to {figures.text(last['high'])}."
    )
