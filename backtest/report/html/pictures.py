"""Static pictures drawn by other processes while the charts are still being put together.

Vega draws a chart in a tenth of a second of one processor, whatever thread asks for it, and a
calendar has two hundred charts.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from backtest.charts.render import vega_lite_version
from backtest.extras import needed
from backtest.report.html.compact import compact

WORTHWHILE = 24
"""Charts from which on it is worth starting processes, which takes each of them half a second."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A compact SVG that may still be drawn; templates take it as HTML when they come to it."""

    made: Callable[[], str]

    def __html__(self) -> str:
        return self.made()


Painter = Callable[[dict[str, Any], str], Picture]
"""Takes a specification with its look, and a name that makes the ids inside it unique."""


@contextmanager
def painter(
    charts: int, jobs: int, tell: Callable[[str, int, int], None] | None = None
) -> Iterator[Painter]:
    """Return what draws pictures, by other processes where there are many.

    Args:
        charts: how many are expected.
        jobs: processes at most.
        tell: called with ("charts", done, expected) when one of many is drawn.
    """
    if charts < WORTHWHILE or jobs < 2:
        yield here
        return
    context = multiprocessing.get_context("spawn")
    done = count(1)

    def told(drawn: Future[str]) -> None:
        del drawn
        if tell:
            tell("charts", min(next(done), charts), charts)

    with ProcessPoolExecutor(jobs, mp_context=context) as pool:

        def elsewhere(spec: dict[str, Any], name: str) -> Picture:
            drawn: Future[str] = pool.submit(draw, json.dumps(spec), vega_lite_version(), name)
            drawn.add_done_callback(told)
            return Picture(drawn.result)

        yield elsewhere


def here(spec: dict[str, Any], name: str) -> Picture:
    """Draw a picture in this process, at once."""
    drawn = draw(json.dumps(spec), vega_lite_version(), name)
    return Picture(lambda: drawn)


def draw(spec: str, version: str, name: str) -> str:
    """Return the compact SVG of a specification, written as JSON."""
    with needed("charts"):
        import vl_convert
    drawn: str = vl_convert.vegalite_to_svg(spec, vl_version=version)
    return compact(drawn, name)
