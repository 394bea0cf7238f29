"""Figures as PNG at 300 dots an inch, as wide as the text of a page."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from backtest.exports import Written
from backtest.exports._figures import check_library, write_figures

if TYPE_CHECKING:
    import altair as alt

    from backtest.files import Put
    from backtest.results.result import StudyResult


class Png:
    """`figure_<name>.png` of the sample and `event_<id>.png` of each event."""

    key = "png"
    title = "figures at print size, as pixels"

    def check(self) -> None:
        """Need Altair and vl-convert."""
        check_library()

    def write(self, result: StudyResult, folder: Path) -> Written:
        """Write the figures."""
        return write_figures(result, folder, "png", _draw)


EXPORT = Png()


def _draw(chart: alt.LayerChart) -> Put:
    from backtest.charts.render import png

    def put(file: BinaryIO) -> None:
        with TemporaryDirectory() as folder:
            file.write(png(chart, Path(folder) / "chart.png", print_size=True).read_bytes())

    return put
