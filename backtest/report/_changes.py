"""The figures of a study that are not what they were the last time, as a small table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from backtest.notation import money, span
from backtest.plain_text import printable
from backtest.report._grid import Cells, Column, Grid
from backtest.report._measures import figure
from backtest.results.changes import CAP, CAR, COUNTS, MORE, largest_changes, pairs
from backtest.spec import Measure, Window

if TYPE_CHECKING:
    from backtest.results.result import StudyResult

SHOWN = 20
WIDTH = 100
_WHY = {MORE: "added", COUNTS: "counts revised"}

Row = Mapping[str, object]


def show_changes(result: StudyResult, stream: TextIO) -> None:
    """Print what changed, of each event × ticker its most changed CAR, and its market value.

    Nothing where nothing did.
    """
    import polars as pl

    if result.changes is None or result.changes.is_empty():
        return
    count = pairs(result.changes)
    lines = [f"changed since this study was last run: {count:,} event × ticker"]
    largest = largest_changes(result.changes)
    for name, figure_of, told in (
        ("CAR", CAR, _measured(result.spec.measure)),
        ("Δ cap", CAP, _money),
    ):
        rows = list(largest.filter(pl.col("figure") == figure_of).iter_rows(named=True))
        lines += _lines(name, rows, told, several=len(result.spec.models) > 1)
    stream.write(printable("\n".join(lines)) + "\n")


def _lines(
    name: str, rows: Sequence[Row], told: Callable[[Row, str], str], *, several: bool
) -> list[str]:
    """Return the table of one figure, nothing for no rows."""
    if not rows:
        return []
    why = "as prices were" if name == "CAR" else "as data were"
    cells = [_cells(row, name, why, told) for row in rows[:SHOWN]]
    columns = [Column("event", left=True), Column("ticker", left=True)]
    columns += [Column("model", left=True)] if several and name == "CAR" else []
    columns += [*map(Column, (name, "before", "after")), Column(why, left=True)]
    grid = Grid.fitted(columns, cells, WIDTH)
    lines = [grid.header(), *map(grid.line, cells)]
    if len(rows) > SHOWN:
        lines.append(f"  and {len(rows) - SHOWN:,} more; receipt.json of --out has them all")
    return lines


def _cells(row: Row, name: str, why: str, told: Callable[[Row, str], str]) -> Cells:
    second = " (2nd candidate)" if row["alternative"] else ""
    return {
        "event": f"{row['event_id']}{second}",
        "ticker": str(row["ticker"]),
        "model": str(row["model"]),
        name: span(Window(int(str(row["start"])), int(str(row["end"])))),
        "before": told(row, "before"),
        "after": told(row, "after"),
        why: _WHY.get(str(row["why"]), str(row["why"])),
    }


def _measured(measure: Measure) -> Callable[[Row, str], str]:
    told = figure(measure)
    return lambda row, name: told(_number(row[name]))


def _money(row: Row, name: str) -> str:
    return money(_number(row[name]), str(row["currency"]))


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None
