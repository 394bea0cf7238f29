"""Charts of a result with their look, as a notebook shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.charts.actual_expected import actual_expected
from backtest.charts.caar import caar
from backtest.charts.car_path import car_path
from backtest.charts.render import alt_text
from backtest.charts.theme import themed
from backtest.charts.value_created import value_created, value_frame
from backtest.extras import needed
from backtest.spec import Window

if TYPE_CHECKING:
    import altair as alt

    from backtest.results.result import StudyResult


def plot_caar(
    result: StudyResult,
    group: str,
    window: Window | str | None,
    model: str | None,
    *,
    dark: bool,
) -> alt.LayerChart:
    """Return `charts.caar` with its look; see `StudyResult.plot_caar`."""
    return themed(caar(result, group, model, window_of(window)), dark=dark)


def plot_event(
    result: StudyResult, event_id: str, ticker: str | None, model: str | None, *, dark: bool
) -> alt.VConcatChart:
    """Return the views of an event below each other; see `StudyResult.plot_event`."""
    with needed("charts"):
        import altair as alt
    views: list[alt.LayerChart | alt.VConcatChart] = [
        car_path(result, event_id, ticker, model),
        actual_expected(result, event_id, ticker, model),
    ]
    if not value_frame(result, event_id).is_empty():
        views.append(value_created(result, event_id))
    said = " ".join(str(view.description) for view in views)
    both: alt.VConcatChart = alt.VConcatChart(vconcat=list(views)).resolve_scale(
        color="independent", strokeDash="independent"
    )
    return themed(alt_text(both, said), dark=dark)


def window_of(window: Window | str | None) -> Window | None:
    """Return a window given as one or as text: `-1:1`.

    Raises:
        BadUsage: the text is no window.
    """
    return Window.parse(window) if isinstance(window, str) else window
