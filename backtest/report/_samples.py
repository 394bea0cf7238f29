"""The sample table: average abnormal returns by group, with the headline test's stars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backtest.notation import LEGEND, STARS, number, span, stars
from backtest.report._grid import Cells, Column, Grid
from backtest.report._lines import hanging, no_room, row
from backtest.report._measures import figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from backtest.results.result import StudyResult

HEADLINE_GROUP = "role:counterparty"
SHOWN = 40
"""Groups printed at most; all of them are in the table itself."""

_OF_MEMBERS = ("n", "mean", "median", "share_positive")
"""Figures that depend on the members of a group, and on nothing else."""

Found = dict[tuple[int, int], dict[str, Any]]


def sample_blocks(result: StudyResult, width: int) -> Iterator[RenderableType]:
    """Yield the table of all groups, and every test of the headline group."""
    from rich.text import Text

    frame = result.sample_tests
    if frame.is_empty() or not frame["n"].max():
        return
    tests = frame["test"].unique(maintain_order=True).to_list()
    yield Text()
    noun = "returns" if result.spec.measure == "return" else result.spec.measure
    yield Text(f"Average abnormal {noun} by group", style="bold")
    yield Text("CAAR over sessions from the event day, main sessions only; stars by the test named")
    if result.spec.returns == "log":
        yield Text("means of log returns are not returns of a portfolio")
    headlines = _headlines(result)
    yield from _groups(result, headlines, width)
    groups = frame["group"].unique(maintain_order=True).to_list()
    group = HEADLINE_GROUP if HEADLINE_GROUP in groups else groups[0]
    yield Text()
    yield Text(f"Every test for {group}", style="bold")
    yield hanging(("why", "dim"), (headlines[group][1], ""))
    yield from _tests(result, group, tests, width)
    yield Text(LEGEND, style="dim")


def _headlines(result: StudyResult) -> dict[str, tuple[str | None, str]]:
    """Return each group's headline test and why, under the first model."""
    import polars as pl

    own = result.sample_designs.filter(pl.col("model") == result.spec.models[0])
    return {group: (test, why) for group, test, why in own["group", "headline", "why"].iter_rows()}


def _groups(
    result: StudyResult, headlines: dict[str, tuple[str | None, str]], width: int
) -> Iterator[RenderableType]:
    rows = _found(result, "group", "test")
    first = result.sample_tests["test"][0]
    found = {group: rows[group, test or first] for group, (test, _) in headlines.items()}
    names = _same_members(found)
    shown = figure(result.spec.measure)
    lines: dict[str, Cells] = {
        group: {
            "group": group,
            "n": f"{max(one['n'] for one in found[group].values()):,}",
            "test": headlines[group][0] or "–",
            **_each(result, found[group], lambda one: shown(one.get("mean"))),
        }
        for group in list(names)[:SHOWN]
    }
    laid = _laid(
        result,
        [Column("group", left=True), Column("n"), Column("test", 3, left=True)],
        lines,
        width,
    )
    if laid.hidden:
        yield no_room(laid.hidden)
    yield row(laid.header(), "dim")
    for group, cells in lines.items():
        yield row(laid.line(cells))
        if names[group]:
            yield hanging(("same members:", "dim"), (", ".join(names[group]), "dim"), indent=4)
    if len(names) > SHOWN:
        yield row(f"  … and {len(names) - SHOWN:,} more groups in the table `sample_tests`")


def _same_members(found: dict[str, Found]) -> dict[str, list[str]]:
    """Return the first of all groups that are one sample, with the names of the others.

    The figures of a sample are computed once for all its names, so they agree to the last bit.
    """
    first: dict[tuple[Any, ...], str] = {}
    names: dict[str, list[str]] = {}
    for group, windows in found.items():
        figures = tuple(
            (window, *(one[name] for name in _OF_MEMBERS)) for window, one in windows.items()
        )
        if figures in first:
            names[first[figures]].append(group)
        else:
            first[figures], names[group] = group, []
    return names


def _tests(
    result: StudyResult, group: str, tests: Sequence[str], width: int
) -> Iterator[RenderableType]:
    rows = _found(result, "group", "test")
    found = {test: rows[group, test] for test in tests}
    lines: dict[str, Cells] = {}
    undefined: dict[str, list[str]] = {}
    for test in tests:
        own = found[test].values()
        values = [one["statistic"] for one in own if one["statistic"] is not None]
        if not values:
            undefined.setdefault(next(iter(own))["reason"] or "no value", []).append(test)
            continue
        digits = 0 if all(value == int(value) for value in values) else 2
        shown = _each(result, found[test], lambda o, d=digits: number(o.get("statistic"), d))
        lines[test] = {"test": test, **shown}
    for reason, names in undefined.items():
        yield hanging(("not defined", ""), (f"{', '.join(names)}: {reason}", ""))
    if not lines:
        return
    laid = _laid(result, [Column("test", left=True)], lines, width)
    yield row(laid.header(), "dim")
    yield from (row(laid.line(cells)) for cells in lines.values())


def _found(result: StudyResult, *by: str) -> dict[tuple[str, ...], Found]:
    """Return the rows of the first model's CAR windows by the columns named."""
    import polars as pl

    windows = [(car.start, car.end) for car in result.spec.cars]
    chosen = result.sample_tests.filter(pl.col("model") == result.spec.models[0])
    found: dict[tuple[str, ...], Found] = {}
    for one in chosen.iter_rows(named=True):
        if (one["start"], one["end"]) in windows:
            key = tuple(one[name] for name in by)
            found.setdefault(key, {})[one["start"], one["end"]] = one
    return found


def _each(result: StudyResult, windows: Found, show: Any) -> dict[str, str]:
    """Return a cell for every CAR window."""
    out = {}
    for car in result.spec.cars:
        one = windows.get((car.start, car.end), {})
        out[span(car)] = show(one) + stars(one.get("p"))
    return out


def _laid(result: StudyResult, first: list[Column], lines: dict[str, Cells], width: int) -> Grid:
    cars = result.spec.cars
    longest = max(cars, key=len)
    # On a narrow terminal the event day and the longest window stay longest.
    windows = [
        Column(span(car), 1 if car in (cars[0], longest) else 2 + place, tail=STARS)
        for place, car in enumerate(cars)
    ]
    return Grid.fitted([*first, *windows], lines.values(), width)
