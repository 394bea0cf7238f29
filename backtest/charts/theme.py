"""One look for all charts: fonts, sizes and colours, per chart and never by global state.

Charts name styles (`mark_line(style="main")`), which `config` defines for both backgrounds: whoever
shows a chart in a page that can turn dark embeds one specification and exchanges its `config`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from backtest.charts.palette import Palette, palette
from backtest.charts.wrapping import width_of, wrapped

if TYPE_CHECKING:
    import altair as alt

    AnyChart = TypeVar("AnyChart", bound=alt.TopLevelMixin)

WIDTH, HEIGHT = 680, 320
"""Pixels of a chart for which nothing else is said; the width is the whole picture's."""

FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, '
    "sans-serif"
)

TITLE, SUBTITLE, LABEL = 16, 12, 12
"""Sizes of letters, in pixels."""

PADDING, RIGHT, GAP = 8, 14, 28
"""Pixels around a chart; on its right, where half of an axis's last number may stand; and between
the views of one."""

_SIDES = 84
"""Pixels that axis and labels take of the width of one of several views."""


def config(*, dark: bool = False) -> dict[str, Any]:
    """Return the Vega-Lite configuration of the look.

    Styles of marks: `main`, `other`, `muted` and `faint` (lines, bars and dots), `gain`, `loss`,
    `band`, `zero` (the line of no effect), `event` (the session that reacts), `error`, `dot`, and
    of text `label`, `strong`, `note`, and `halo` to stand behind them. The range `category` has the
    five colours of categories.
    """
    own = palette(dark=dark)
    return {
        "background": own.background,
        "font": FONT,
        "padding": {"left": PADDING, "top": PADDING, "right": RIGHT, "bottom": PADDING},
        # Screen readers get the description of the whole, not hundreds of marks one by one.
        "mark": {"aria": False},
        "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": HEIGHT},
        "axis": {
            "labelColor": own.quiet,
            "titleColor": own.quiet,
            "labelFontSize": LABEL,
            "titleFontSize": LABEL,
            "titleFontWeight": "normal",
            "titlePadding": 10,
            "gridColor": own.grid,
            "domainColor": own.axis,
            "tickColor": own.axis,
            "labelOverlap": "greedy",
            "labelSeparation": 6,
        },
        "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
        "axisX": {"grid": False},
        "header": {"labelColor": own.text, "titleColor": own.quiet, "labelFontSize": LABEL},
        "legend": {
            "labelColor": own.text,
            "titleColor": own.quiet,
            "labelFontSize": LABEL,
            "titleFontSize": LABEL,
            "titleFontWeight": "normal",
            "labelLimit": 0,
            "orient": "top",
            "direction": "horizontal",
        },
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": own.text,
            "fontSize": TITLE,
            "fontWeight": 600,
            "subtitleColor": own.quiet,
            "subtitleFontSize": SUBTITLE,
            "subtitleLineHeight": SUBTITLE + 5,
            "subtitlePadding": 6,
            "offset": 14,
        },
        "range": {"category": list(own.categories), "diverging": [own.loss, own.grid, own.gain]},
        "style": _styles(own),
    }


def themed(
    chart: AnyChart,
    *,
    dark: bool = False,
    width: int = WIDTH,
    height: int | None = None,
) -> AnyChart:
    """Return a chart with the look, as wide as it is said and with titles that fit.

    A chart that was themed before takes the new look; the one given is not changed.

    Args:
        chart: a chart, or several as layers or beside or below each other.
        dark: for a dark background.
        width: pixels of the whole picture.
        height: pixels of the plotted area of a chart of one view; without it the chart's own.
    """
    import altair as alt

    whole: Any = chart
    own = whole.copy(deep=True)
    _fit(own, width)
    if not _parts(own):
        own.width = width
        own.height = height or (HEIGHT if own.height is alt.Undefined else own.height)
        own.autosize = alt.AutoSizeParams(type="fit-x", contains="padding")
    themed_chart: AnyChart = own.configure(**config(dark=dark))
    return themed_chart


def _styles(own: Palette) -> dict[str, dict[str, Any]]:
    """Return how the styles look; `color` is the fill of bars and the stroke of lines."""
    named = {name: getattr(own, name) for name in ("main", "other", "muted", "gain", "loss")}
    return {
        **{name: {"color": color, "strokeWidth": 2} for name, color in named.items()},
        "faint": {"color": own.muted, "strokeWidth": 1.2, "opacity": 0.75},
        "band": {"color": own.main, "opacity": 0.16},
        "zero": {"color": own.axis, "strokeWidth": 1},
        "event": {"color": own.text, "strokeWidth": 1, "strokeDash": [3, 3]},
        "error": {"color": own.text, "strokeWidth": 1.5},
        "dot": {"color": own.main, "opacity": 0.75, "stroke": own.background, "strokeWidth": 0.5},
        "halo": {"color": own.background, "stroke": own.background, "strokeWidth": 4},
        "label": {"color": own.text, "fontSize": LABEL},
        "strong": {"color": own.text, "fontSize": LABEL, "fontWeight": 600},
        "note": {"color": own.quiet, "fontSize": LABEL},
    }


def _parts(chart: Any) -> list[Any]:
    """Return the views that stand beside or below each other; none for a single view."""
    for name in ("hconcat", "vconcat", "concat"):
        found = getattr(chart, name, None)
        if isinstance(found, list):
            return found
    return []


def _fit(chart: Any, width: float) -> None:
    """Make titles fit, and the views of a chart of several: Vega-Lite fits only single ones."""
    _fit_title(chart, width - PADDING - RIGHT)
    parts = _parts(chart)
    if parts:
        chart.spacing = GAP
        beside = len(parts) if hasattr(chart, "hconcat") else 1
        each = (width - GAP * (beside - 1)) / beside
        for part in parts:
            _fit(part, each)
            if not _parts(part):
                part.width = max(120, round(each - _SIDES - _end_labels(part)))
    for layer in getattr(chart, "layer", ()):
        _fit_title(layer, width - PADDING - RIGHT)


def _end_labels(view: Any) -> float:
    """Return the pixels that words at the ends of lines take (`parts.end_labels`)."""
    widest = 0.0
    for layer in getattr(view, "layer", ()):
        plain = layer.to_dict(validate=False).get("encoding", {}).get("y", {}).get("axis") or {}
        if plain.get("orient") == "right":
            names = json.JSONDecoder().raw_decode(plain["labelExpr"])[0]
            widest = max(widest, *(width_of(name, LABEL, bold=True) for name in names))
    return widest


def _fit_title(view: Any, width: float) -> None:
    import altair as alt

    title: Any = getattr(view, "title", None)
    if title is alt.Undefined or title is None:
        return
    if isinstance(title, str | list):
        title = alt.TitleParams(text=title)
    title.text = wrapped(_joined(title.text), width, TITLE, bold=True)
    if title.subtitle is not alt.Undefined:
        title.subtitle = wrapped(_joined(title.subtitle), width, SUBTITLE)
    view.title = title


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else " ".join(text)
