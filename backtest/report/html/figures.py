"""Charts inside the page: a compact static picture of each, and what an interactive one needs.

The static pictures stand in the page itself, so that it opens at once, prints, and needs no script.
Where scripts run, a figure that is scrolled to is drawn again from its specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backtest.charts.theme import config
from backtest.extras import needed
from backtest.report.html.packing import packed
from backtest.report.html.pictures import Painter, Picture, here

if TYPE_CHECKING:
    import altair as alt

EVENT_WIDTH = 420
"""Pixels of an event's chart: two stand beside each other on a desk, and on a telephone one is
shrunk by a fifth at most, so that its letters stay readable."""

PAGE_WIDTH = 880
"""Pixels of a chart as wide as the page."""

_AXIS = 72
"""Pixels that axis and padding take of views below each other, whose width cannot be fitted."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart of the page.

    Attributes:
        name: its id in the page.
        title, subtitle: what stands above it.
        alt: what is read instead of it.
        svg: the static picture.
        width: pixels it was drawn for.
        note: what stands below it.
        fluid: whether it may be drawn narrower; others are shrunk, or scrolled where they are wide.
    """

    name: str
    title: str
    subtitle: str
    alt: str
    svg: Picture
    width: int
    note: str = ""
    fluid: bool = False


@contextmanager
def quickly() -> Iterator[None]:
    """Build charts without checking each part of each against the schema; their tests do that."""
    with needed("charts"):
        from altair.utils.schemapi import debug_mode
    with debug_mode(False):
        yield


@dataclass(slots=True)
class Figures:
    """Draws charts and collects the specifications of all of them.

    Attributes:
        paint: makes the static pictures.
    """

    paint: Painter = here
    _specs: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def draw(
        self,
        chart: alt.TopLevelMixin,
        kind: str,
        *,
        width: int = EVENT_WIDTH,
        title: str = "",
        note: str = "",
        fluid: bool = False,
    ) -> Figure:
        """Return the figure of a chart.

        Args:
            chart: without a theme; its title becomes text of the page.
            kind: charts of one kind share what is equal in their specifications.
            width: pixels of the static picture.
            title: what stands above it instead of the chart's own title.
            note: what stands below it.
            fluid: whether it may be drawn narrower than it was made for.
        """
        name = f"f{len(self._specs)}"
        spec = _specification(chart, width)
        own_title, subtitle = _titles(spec.pop("title", ""))
        svg = self.paint(spec, name)
        self._specs[name] = (kind, _embedded(spec))
        alt_text = spec.get("description") or own_title
        return Figure(name, title or own_title, subtitle, alt_text, svg, width, note, fluid)

    def data(self) -> dict[str, Any]:
        """Return what the page's script needs, as plain values."""
        return {
            "light": config(),
            "dark": config(dark=True),
            **packed(self._specs),
        }


def _specification(chart: alt.TopLevelMixin, width: int) -> dict[str, Any]:
    """Return a chart with its width and look.

    It is what `themed` does, to plain values: copies of charts are slow, and there are hundreds.
    """
    spec: dict[str, Any] = chart.to_dict(validate=False)
    spec.pop("usermeta", None)
    spec["config"] = config()
    if "vconcat" in spec:
        for view in spec["vconcat"]:
            view["width"] = width - _AXIS
        spec["spacing"] = 8
    else:
        spec["width"] = width
        spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def _embedded(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a specification without what the page gives to all of them."""
    return {key: value for key, value in spec.items() if key not in ("config", "$schema")}


def _titles(title: Any) -> tuple[str, str]:
    if isinstance(title, dict):
        return _joined(title.get("text", "")), _joined(title.get("subtitle", ""))
    return _joined(title), ""


def _joined(text: Any) -> str:
    return " ".join(text) if isinstance(text, list) else str(text)
