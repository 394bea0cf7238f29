"""Figures as SVG, as wide as the text of a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from backtest.exports import Written
from backtest.exports._figures import check_library, write_figures

if TYPE_CHECKING:
    import altair as alt

    from backtest.files import Put
    from backtest.results.result import StudyResult


class Svg:
    """`figure_<name>.svg` of the sample and `event_<id>.svg` of each event."""

    key = "svg"
    title = "figures at print size, as drawings"

    def check(self) -> None:
        """Need Altair and vl-convert."""
        check_library()

    def write(self, result: StudyResult, folder: Path) -> Written:
        """Write the figures."""
        return write_figures(result, folder, "svg", _draw)


EXPORT = Svg()


def _draw(chart: alt.LayerChart) -> Put:
    from backtest.charts.render import svg

    def put(file: BinaryIO) -> None:
        file.write(svg(chart, print_size=True).encode())

    return put
