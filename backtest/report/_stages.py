"""The table of a run's stages: what there was to do, what was reused, what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from backtest.report._console import console_for, write
from backtest.report._grid import Cells, Column, Grid
from backtest.report._lines import row
from backtest.stages import STAGES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from backtest.results.runs import Run

OTHER = "other"
"""What is in no stage: opening files, reading finished studies, putting the answer together."""

NAMED = 8
"""Announcements named."""


def show_run(run: Run, before: Run | None, stream: TextIO) -> None:
    """Print a run's stages, beside those of an earlier one."""
    write(_blocks(run, before, console_for(stream).width), stream)


def _blocks(run: Run, before: Run | None, width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    how = "from scratch" if run.cold else "what changed"
    yield Text(f"Reprocessed {how}: {run.events}; {run.prices}", style="bold")
    columns = [Column("stage", left=True), Column("of", 3, left=True), Column("items")]
    columns += [Column("reused"), Column("recomputed"), Column("seconds"), Column("items/s", 1)]
    columns += [Column("then"), Column("now/then", 1)] if before else []
    lines = [*_rows(run, before), _total(run, before)]
    grid = Grid.fitted(columns, lines, width)
    yield row(grid.header(), "dim")
    for line in lines:
        yield row(grid.line(line))
    if run.fresh:
        more = f" and {len(run.fresh) - NAMED:,} more" if len(run.fresh) > NAMED else ""
        yield Text(f"recomputed  {', '.join(run.fresh[:NAMED])}{more}")
    else:
        yield Text("recomputed  nothing: no event changed")
    if before:
        same = "" if before.engine == run.engine else f", engine {before.engine}"
        yield Text(f"then        {before.name}, {before.events}{same}")


def _rows(run: Run, before: Run | None) -> Iterator[Cells]:
    for name, unit in STAGES.items():
        one = run.stages[name]
        then = before.stages[name].seconds if before else None
        yield {
            "stage": name,
            "of": unit,
            "items": f"{one.items:,}",
            "reused": f"{one.reused:,}",
            "recomputed": f"{one.recomputed:,}",
            "seconds": f"{one.seconds:.3f}",
            "items/s": _rate(one.items, one.seconds),
            **_compared(one.seconds, then),
        }
    yield {
        "stage": OTHER,
        "seconds": f"{_other(run):.3f}",
        **_compared(_other(run), _other(before) if before else None),
    }


def _total(run: Run, before: Run | None) -> Cells:
    compared = _compared(run.seconds, before.seconds if before else None)
    return {"stage": "all", "seconds": f"{run.seconds:.3f}", **compared}


def _other(run: Run) -> float:
    return max(0.0, run.seconds - sum(one.seconds for one in run.stages.values()))


def _compared(now: float, then: float | None) -> dict[str, str]:
    if then is None:
        return {}
    return {"then": f"{then:.3f}", "now/then": f"{now / then:.2f}×" if then >= 5e-4 else "–"}


def _rate(items: int, seconds: float) -> str:
    return f"{items / seconds:,.0f}" if items and seconds > 0 else "–"
