"""The figures of a study at print size: the sample's, and one an event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import BadUsage
from backtest.exports import Written
from backtest.extras import needed
from backtest.files import Put, write_files

if TYPE_CHECKING:
    import altair as alt

    from backtest.results.result import StudyResult

    Draw = Callable[[alt.LayerChart], Put]
    """Makes what writes a chart into a file."""

EVENTS = 60
"""Events drawn one by one at most; of a larger study only the sample is."""

_LONGEST = 100
"""Characters of an id in a file's name."""


def check_library() -> None:
    """Refuse where the libraries that draw are missing.

    Raises:
        BadUsage: one of them is.
    """
    with needed("figures"):
        import altair as alt  # noqa: F401
        import vl_convert  # noqa: F401


def write_figures(result: StudyResult, folder: Path, suffix: str, draw: Draw) -> Written:
    """Write every figure of a study.

    Args:
        result: the study.
        folder: where to.
        suffix: of the files' names.
        draw: makes what writes a chart.

    Raises:
        BadUsage: the folder cannot be written.
    """
    paths: list[Path] = []
    notes: list[str] = []
    for name, chart in _charts(result):
        try:
            drawn = chart()
        except BadUsage as error:
            notes.append(f"{suffix}: no {name}: {error.problems[0].message}")
            continue
        paths += write_files(folder, {f"{name}.{suffix}": draw(drawn)})
    _, left = _drawn(result)
    if left:
        notes.append(f"{suffix}: no figures of {left}")
    return Written(paths, notes)


def _charts(result: StudyResult) -> Iterator[tuple[str, Callable[[], alt.LayerChart]]]:
    from functools import partial

    from backtest.charts.aar import aar
    from backtest.charts.caar import caar
    from backtest.charts.car_dots import car_dots
    from backtest.charts.car_path import car_path

    yield "figure_caar", partial(caar, result)
    yield "figure_aar", partial(aar, result)
    yield "figure_cars", partial(car_dots, result)
    events, _ = _drawn(result)
    for event, name in zip(events, file_names(events), strict=True):
        yield f"event_{name}", partial(car_path, result, event)


def _drawn(result: StudyResult) -> tuple[list[str], str]:
    """Return the events that are drawn one by one, and in words those that are not."""
    studied = set(
        result.abnormal_returns.filter(~result.abnormal_returns["alternative"])["event_id"]
    )
    events = result.headlines["event_id"].to_list()
    if len(events) > EVENTS:
        return [], f"single events: {len(events):,} are more than are drawn one by one ({EVENTS})"
    drawn = [event for event in events if event in studied]
    lost = len(events) - len(drawn)
    return drawn, f"{lost} event{'s' * (lost != 1)} of which nothing was studied" if lost else ""


def file_names(ids: list[str]) -> list[str]:
    """Return a name for each id that any file system takes, no two alike."""
    names: list[str] = []
    taken: set[str] = set()
    for one in ids:
        name = re.sub(r"[^\w-]+", "_", one)[:_LONGEST].strip("_") or "event"
        free = next(
            other
            for number in range(len(ids) + 1)
            if (other := f"{name}_{number + 1}" if number else name).casefold() not in taken
        )
        taken.add(free.casefold())
        names.append(free)
    return names
