"""A chart as a specification, as SVG, as PNG; and the scripts that draw it in a page. Offline."""

from __future__ import annotations

import json
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from backtest.charts.theme import WIDTH, themed
from backtest.extras import needed

if TYPE_CHECKING:
    import altair as alt

    AnyChart = TypeVar("AnyChart", bound=alt.TopLevelMixin)

PRINT_MM = 160
"""Width of a figure in print: the text of an A4 page."""

PRINT_DPI = 300
_PX_PER_MM = 96 / 25.4


def spec(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """Return the Vega-Lite specification of a chart, as plain values."""
    found: dict[str, Any] = chart.to_dict()
    # Names that are counted up over a session would make equal charts unequal.
    found.pop("usermeta", None)
    return found


def script_json(spec: dict[str, Any]) -> str:
    """Return a specification as JSON that may stand inside `<script>`.

    Titles from a YAML could contain `</script>` or `<!--`, which end or change a script wherever
    they stand.
    """
    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def alt_text(chart: AnyChart, text: str) -> AnyChart:
    """Return the chart with a text alternative, which screen readers read instead of it."""
    whole: Any = chart
    described = whole.copy(deep=False)
    described.description = text
    done: AnyChart = described
    return done


def svg(
    chart: alt.TopLevelMixin,
    *,
    width: int = WIDTH,
    height: int | None = None,
    dark: bool = False,
    print_size: bool = False,
) -> str:
    """Return a chart as SVG.

    Args:
        chart: the chart.
        width: pixels of the whole picture.
        height: pixels of the plotted area, of a chart of one view.
        dark: for a dark background.
        print_size: as wide as the text of a page instead, its size in millimetres.

    Raises:
        BadUsage: a library of the extra `report` is not installed.
    """
    with needed("charts"):
        import vl_convert
    if print_size:
        width = round(PRINT_MM * _PX_PER_MM)
    shown = themed(chart, dark=dark, width=width, height=height)
    drawn: str = vl_convert.vegalite_to_svg(
        spec(shown), vl_version=vega_lite_version(), show_warnings=True
    )
    drawn = _said(drawn, getattr(shown, "description", None))
    return _in_millimetres(drawn) if print_size else drawn


def png(
    chart: alt.TopLevelMixin,
    path: str | Path,
    scale: float = 2.0,
    *,
    width: int = WIDTH,
    height: int | None = None,
    dark: bool = False,
    print_size: bool = False,
) -> Path:
    """Write a chart as PNG and return where.

    Args:
        chart: the chart.
        path: the file, which is replaced.
        scale: pixels of the file for a pixel of the chart.
        width, height, dark: as for `svg`.
        print_size: as wide as the text of a page instead, at 300 dots an inch.

    Raises:
        BadUsage: a library of the extra `report` is not installed.
    """
    with needed("charts"):
        import vl_convert
    ppi = 72.0
    if print_size:
        width, scale, ppi = round(PRINT_MM * _PX_PER_MM), 72 / 96, float(PRINT_DPI)
    shown = themed(chart, dark=dark, width=width, height=height)
    drawn = vl_convert.vegalite_to_png(
        spec(shown), vl_version=vega_lite_version(), scale=scale, ppi=ppi, show_warnings=True
    )
    out = Path(path)
    out.write_bytes(drawn)
    return out


@lru_cache(maxsize=1)
def bundle() -> str:
    """Return the scripts Vega, Vega-Lite and Vega-Embed as one, to stand inside a page.

    They set `vega`, `vegaLite` and `vegaEmbed` on `window` and ask no network for anything. Making
    them takes some seconds, once a process.

    Raises:
        BadUsage: a library of the extra `report` is not installed.
    """
    with needed("charts"):
        import vl_convert
    # The type stubs want a snippet; None is the default that sets the three names.
    made: str = vl_convert.javascript_bundle(None, vl_version=vega_lite_version())  # type: ignore[arg-type]
    return made


@lru_cache(maxsize=1)
def vega_lite_version() -> str:
    """Return the version of Vega-Lite that Altair writes, as the converter names it."""
    with needed("charts"):
        import altair as alt
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _said(drawn: str, text: object) -> str:
    """Give an SVG its text alternative, instead of one for every mark."""
    if not isinstance(text, str):
        return drawn
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(text, quote=True)}" ', 1)


def _in_millimetres(drawn: str) -> str:
    """Give an SVG its size in print; what it shows is scaled by its viewBox."""
    head, rest = drawn.split(">", 1)
    for name in ("width", "height"):
        before, value, after = _attribute(head, name)
        head = f'{before}{name}="{float(value) / _PX_PER_MM:.2f}mm"{after}'
    return f"{head}>{rest}"


def _attribute(head: str, name: str) -> tuple[str, str, str]:
    before, _, rest = head.partition(f' {name}="')
    value, _, after = rest.partition('"')
    return f"{before} ", value, after
