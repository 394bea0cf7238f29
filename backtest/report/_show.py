"""One event in a terminal: how its securities moved, who gained and lost, what else happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import numpy as np

from backtest.events.sessions import day_name
from backtest.notation import span
from backtest.report._console import console_for, speaks_utf8, write
from backtest.report._events import event_page
from backtest.report._line_chart import MOST, Axis, Line, line_chart
from backtest.report._lines import beside
from backtest.report._measures import figure
from backtest.report._paths import Paths, car_paths

if TYPE_CHECKING:
    from rich.console import RenderableType

    from backtest.results.result import StudyResult

WIDEST = 100
"""Characters of a chart at most: a wider one says no more."""

NARROWEST = 50
"""Below this nothing could be seen."""


@dataclass(frozen=True, slots=True)
class News:
    """Other news near the event: the day, what happened, and whom it touches (empty: all)."""

    date: dt.date
    what: str
    tickers: tuple[str, ...] = ()


def show_event(
    result: StudyResult, event: str, confounders: Sequence[News], stream: TextIO
) -> None:
    """Draw one event of a result.

    Args:
        result: a study that has the event.
        event: its id.
        confounders: other news near it.
        stream: where to.
    """
    width = console_for(stream).width
    paths = car_paths(result, event)
    drawn = [*_chart(result, paths, confounders, width, plain=not speaks_utf8(stream))]
    news = _news(confounders, paths, marked=bool(drawn))
    write([*event_page(result, event, width, drawn), *news], stream)


def _chart(
    result: StudyResult, paths: Paths, confounders: Sequence[News], width: int, *, plain: bool
) -> Iterator[RenderableType]:
    from rich.text import Text

    chosen = _chosen(paths)
    if not chosen or width < NARROWEST:
        return
    window, model = result.spec.window, result.spec.models[0]
    noun = "return" if result.spec.measure == "return" else result.spec.measure
    others = len(paths.cars) - len(chosen)
    more = f"; the table has {others} more" if others else ""
    yield Text()
    yield Text(f"Cumulative abnormal {noun} over sessions {span(window)}, model {model}{more}")
    shown = figure(result.spec.measure)
    lines = [Line(f"{one} {shown(_last(paths.cars[one]))}", paths.cars[one]) for one in chosen]
    places = (paths.day_of(one.date) for one in confounders)
    axis = Axis(
        paths.days,
        *_dates(paths),
        frozenset(place for place in places if place is not None),
        lambda value: shown(value).replace(".00%", "%"),
    )
    yield from line_chart(lines, axis, min(width, WIDEST), plain=plain)
    yield Text()


def _chosen(paths: Paths) -> list[str]:
    """Return the securities drawn: the first party named, then those that moved farthest."""
    known = [one for one, path in paths.cars.items() if np.isfinite(path).any()]
    rest = sorted(known[1:], key=lambda one: -abs(_last(paths.cars[one])))
    return [*known[:1], *rest[: MOST - 1]]


def _last(path: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(path[np.isfinite(path)][-1])


def _dates(paths: Paths) -> tuple[str, str, str]:
    """Return what stands below the first session, the event day and the last session."""
    first, last = paths.dates[0], paths.dates[-1]
    zero = paths.dates[paths.days.index(0)] if 0 in paths.days else None
    return _day(first), day_name(zero) if zero else "", _day(last)


def _day(date: dt.date | None) -> str:
    return f"{date.day} {date:%b}" if date else ""


def _news(confounders: Sequence[News], paths: Paths, *, marked: bool) -> Iterator[RenderableType]:
    from rich.text import Text

    if not confounders:
        return
    yield Text()
    marked = marked and any(paths.day_of(one.date) is not None for one in confounders)
    yield Text(f"Other news near the event{' (▴)' * marked}", style="bold")
    yield beside(
        [
            ((f"{_offset(one, paths):>3} {day_name(one.date)}", ""), [(_said(one), "")])
            for one in sorted(confounders, key=lambda one: one.date)
        ],
        indent=2,
    )


def _offset(news: News, paths: Paths) -> str:
    place = paths.day_of(news.date)
    if place is None:
        return ""
    day = paths.days[place]
    return f"{day:+d}".replace("-", "−") if day else "0"


def _said(news: News) -> str:
    return f"{news.what} ({', '.join(news.tickers)})" if news.tickers else news.what
