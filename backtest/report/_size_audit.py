"""The size audit: rejection rates by design, sample size and test, for readers and programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TextIO

from backtest.contracts import SCHEMA_VERSION
from backtest.notation import span
from backtest.report._console import console_for, write
from backtest.report._grid import NOTHING, Cells, Column, Grid
from backtest.report._lines import hanging, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from backtest.audit.size import SizeAudit

Rows = list[dict[str, Any]]
SizeFormat = Literal["table", "json", "csv"]

LEVEL = 0.05
TOLERATED = 0.02
"""A size may be this far from its level; a band that lies wholly beyond it is pointed out."""

_DESIGNS = {"random": "on random dates", "same_date": "sharing one random date"}


def show_size(audit: SizeAudit, format_: SizeFormat, stream: TextIO) -> None:
    """Write an audit to a stream."""
    if format_ == "json":
        stream.write(_document(audit) + "\n")
    elif format_ == "csv":
        stream.write(audit.table.write_csv())
    else:
        write(size_blocks(audit, console_for(stream).width), stream)


def _document(audit: SizeAudit) -> str:
    head = {"schema_version": SCHEMA_VERSION, "spec": audit.plan.as_dict()}
    rest = {
        "warnings": list(audit.notes),
        "provenance": {
            "prices": audit.prices,
            "observations": audit.observations,
            "dates": audit.dates,
            "securities": audit.securities,
            "simulated": SIMULATED,
        },
    }
    table = f'"tables":{{"size":{audit.table.write_json()}}}'
    return (
        json.dumps(head, ensure_ascii=False)[:-1]
        + f", {table}, "
        + json.dumps(rest, ensure_ascii=False)[1:]
    )


SIMULATED = (
    "returns are real; that anything happened on these dates is not: events are drawn at random, "
    "and returns are added to day 0 for the power"
)


def size_blocks(audit: SizeAudit, width: int) -> Iterator[RenderableType]:
    """Yield the audit as tables of at most `width` characters."""
    from rich.text import Text

    plan = audit.plan
    yield Text("How often the tests reject at placebo events", style="bold")
    described = {
        "prices": audit.prices,
        "drawn from": f"{audit.observations:,} days of {audit.securities:,} securities, "
        f"{audit.dates:,} dates; seed {plan.seed}",
        "study": f"{plan.model} model on {plan.benchmark}, estimation {span(plan.estimation)}, "
        f"window {span(plan.window)}",
        "simulated": SIMULATED,
        "band": "95 % Wilson interval of the 5 % column; for shared dates that of as many "
        "independent samples as vary as much",
    }
    for name, text in described.items():
        yield hanging((name.ljust(10), "dim"), (text, ""), indent=0)
    groups: dict[tuple[str, int], Rows] = {}
    for one in audit.table.iter_rows(named=True):
        groups.setdefault((one["design"], one["n"]), []).append(one)
    for (design, n), rows in groups.items():
        yield Text()
        noun = "event" if n == 1 else "events"
        yield Text(f"{n} {noun} {_DESIGNS[design]}, {_counted(rows)}", style="bold")
        yield from _group(rows, width)


def _counted(rows: Rows) -> str:
    size = [one["samples"] for one in rows if not one["added"]]
    power = [one["samples"] for one in rows if one["added"]]
    parts = [f"{max(size):,} samples"] if size else []
    parts += [f"power from {max(power):,}"] if power else []
    return ", ".join(parts)


def _group(rows: Rows, width: int) -> Iterator[RenderableType]:
    by_test: dict[str, Rows] = {}
    for one in rows:
        by_test.setdefault(one["test"], []).append(one)
    lines: dict[str, Cells] = {}
    undefined: dict[str, list[str]] = {}
    for test, own in by_test.items():
        if any(one["tested"] for one in own):
            lines[test] = {"test": test, **_cells(own)}
        else:
            undefined.setdefault(own[0]["reason"], []).append(test)
    if lines:
        names = dict.fromkeys(name for cells in lines.values() for name in cells)
        columns = [_column(name, place) for place, name in enumerate(names)]
        grid = Grid.fitted(columns, lines.values(), width)
        yield row(grid.header(), "dim")
        yield from (row(grid.line(cells)) for cells in lines.values())
    for reason, tests in undefined.items():
        yield hanging(("not defined", ""), (f"{', '.join(tests)}: {reason}", ""))


def _column(name: str, place: int) -> Column:
    return Column(name, 0 if name in ("test", "5 %") else place, left=name in ("test", "note"))


def _cells(rows: Rows) -> dict[str, str]:
    """Return the cells of one test: its sizes, the band at 5 %, its powers, and what is known."""
    cells: dict[str, str] = {}
    off = False
    for one in rows:
        if not one["added"]:
            cells[f"{one['level']:.0%}".replace("%", " %")] = _percent(one["rate"])
            if one["level"] == LEVEL:
                cells["band"] = _band(one)
                off = _off(one)
        elif one["level"] == LEVEL:
            cells[f"{100 * one['added']:+g} %".replace("-", "−")] = _percent(one["rate"])
    known = rows[0]["known_failure"]
    cells["note"] = f"known: {known}" if known else "off by more than 2 points" if off else ""
    return cells


def _off(one: dict[str, Any]) -> bool:
    """Whether the whole band lies farther from the level than is tolerated."""
    if one["low"] is None:
        return False
    return bool(one["low"] > LEVEL + TOLERATED or one["high"] < LEVEL - TOLERATED)


def _band(one: dict[str, Any]) -> str:
    return NOTHING if one["low"] is None else f"{_percent(one['low'])}–{_percent(one['high'])}"


def _percent(rate: float | None) -> str:
    return NOTHING if rate is None else f"{100 * rate:.1f}"
