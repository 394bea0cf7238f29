"""Means of groups with their intervals, and every test of a group, as the report shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backtest.spec import Window

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult

HEADLINE_GROUP = "role:counterparty"


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean CAR of a group over one window, first model, main sessions.

    Attributes:
        group: its name; `all` for everything.
        n, events: observations, and events they belong to.
        mean, median, share_positive: decimals.
        test, p: the group's headline test and its p-value.
    """

    group: str
    n: int
    events: int
    mean: float | None
    median: float | None
    share_positive: float | None
    test: str | None
    p: float | None


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test of a group: statistic and p by window, or why it says nothing."""

    test: str
    values: list[tuple[float | None, float | None, str | None]]

    @property
    def whole(self) -> bool:
        """Whether the statistic counts something."""
        return all(one is None or one == int(one) for one, _, _ in self.values)


@dataclass(frozen=True, slots=True)
class Group:
    """A group with its means by window, the names of equal samples, and why its test is trusted."""

    name: str
    same: list[str]
    why: str
    estimates: list[Estimate | None]
    tests: list[TestRow]


def estimates(result: StudyResult) -> dict[str, dict[Window, Estimate]]:
    """Return the means by group and CAR window."""
    found: dict[str, dict[Window, Estimate]] = {}
    designs = _designs(result)
    for (group, start, end), tests in _by_window(result).items():
        made = _estimate(group, tests, designs.get(group, {}))
        found.setdefault(group, {})[Window(start, end)] = made
    return found


def headline_group(result: StudyResult) -> str | None:
    """Return the group that the front page speaks of, None where there is no sample."""
    found = estimates(result)
    for group in (HEADLINE_GROUP, "all"):
        if any(one.n > 1 and one.mean is not None for one in found.get(group, {}).values()):
            return group
    return None


def groups(result: StudyResult) -> list[Group]:
    """Return all groups in the order of the tables, those of the same members once."""
    every = estimates(result)
    designs, tests = _designs(result), _by_window(result)
    first: dict[tuple[object, ...], Group] = {}
    for name, own in every.items():
        row = [own.get(car) for car in result.spec.cars]
        members = tuple((one.n, one.mean, one.median) if one else None for one in row)
        if members in first:
            first[members].same.append(name)
            continue
        first[members] = Group(
            name, [], designs.get(name, {}).get("why") or "", row, _tests(result, name, tests)
        )
    return list(first.values())


def group_words(group: str, n: int, events: int) -> str:
    """Return whom a group is about, to begin a sentence with."""
    kind, _, name = group.partition(":")
    of = f"in {events:,} announcement{'' if events == 1 else 's'}"
    if group == "all":
        return f"The {n:,} reactions of listed parties {of}"
    if kind == "role":
        return f"The {n:,} listed parties in the role “{name}” {of}"
    return f"The {n:,} reactions in the group “{group}” {of}"


def _designs(result: StudyResult) -> dict[str, dict[str, Any]]:
    import polars as pl

    own = result.sample_designs.filter(pl.col("model") == result.spec.models[0])
    return {row["group"]: row for row in own.iter_rows(named=True)}


def _by_window(result: StudyResult) -> dict[tuple[str, int, int], dict[str, dict[str, Any]]]:
    """Return test → row by group and CAR window, of the first model."""
    import polars as pl

    frame: pl.DataFrame = result.sample_tests.filter(pl.col("model") == result.spec.models[0])
    cars = {(car.start, car.end) for car in result.spec.cars}
    found: dict[tuple[str, int, int], dict[str, dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        if (row["start"], row["end"]) in cars:
            key = (row["group"], row["start"], row["end"])
            found.setdefault(key, {})[row["test"]] = row
    return found


def _estimate(group: str, tests: dict[str, dict[str, Any]], design: dict[str, Any]) -> Estimate:
    any_row = next(iter(tests.values()))
    headline = design.get("headline")
    p = tests[headline]["p"] if headline in tests else None
    return Estimate(
        group,
        any_row["n"],
        design.get("events") or 0,
        any_row["mean"],
        any_row["median"],
        any_row["share_positive"],
        headline,
        p,
    )


def _tests(
    result: StudyResult, group: str, found: dict[tuple[str, int, int], dict[str, dict[str, Any]]]
) -> list[TestRow]:
    names = result.sample_tests["test"].unique(maintain_order=True).to_list()
    rows = []
    for name in names:
        values = []
        for car in result.spec.cars:
            one = found.get((group, car.start, car.end), {}).get(name, {})
            values.append((one.get("statistic"), one.get("p"), one.get("reason")))
        rows.append(TestRow(name, values))
    return rows
