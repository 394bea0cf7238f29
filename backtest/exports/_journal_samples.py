"""CAARs by group with their standard errors, and every test of every group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from backtest.charts.selection import members_of
from backtest.exports._journal import (
    STARS,
    Cell,
    Journal,
    Panel,
    model_note,
    share,
    shown_windows,
    starred,
    unit,
)
from backtest.notation import number, span

if TYPE_CHECKING:
    from backtest.results.result import StudyResult
    from backtest.spec import Window

GROUPS = 40
"""Groups printed; all are in the table `sample_tests`."""

_OF_MEMBERS = ("n", "mean", "median", "share_positive")
"""Figures that agree to the last bit where two groups have the same members."""

Row = dict[str, Any]
Found = dict[str, dict[tuple[int, int], Row]]
"""Rows by test and window."""

Errors = dict[tuple[int, int], float | None]


def caars_by_group(result: StudyResult) -> Journal:
    """Return the average CARs by group, stars by each group's headline test."""
    windows, groups = shown_windows(result), _groups(result)
    headlines = _headlines(result)
    rows = tuple(
        (
            Cell(group),
            Cell(f"{max((row['n'] for row in _any(tests).values()), default=0):,}"),
            *_caars(result, group, tests, headlines[group][0]),
            Cell(headlines[group][0] or "–"),
        )
        for group, tests in groups.items()
    )
    return Journal(
        "caars",
        f"Average cumulative abnormal returns by group, in {unit(result)}",
        ("Group", "N", *_heads(windows), "Test"),
        1,
        (Panel("", rows),),
        (
            *model_note(result),
            "Standard errors of the mean in brackets, from the spread of the CARs (sd/√N, which "
            "takes them for independent)",
            "Stars by the test named at the right, which is chosen for what the group looks like: "
            f"{STARS}",
            *_cut(result, len(groups)),
        ),
    )


def tests_by_group(result: StudyResult) -> Journal:
    """Return the statistics of every test by group."""
    windows, groups = shown_windows(result), _groups(result)
    headlines = _headlines(result)
    panels = []
    for group, tests in groups.items():
        rows = tuple(
            (Cell(test), *_statistics(found, windows))
            for test, found in tests.items()
            if any(one["statistic"] is not None for one in found.values())
        )
        count = max((row["n"] for row in _any(tests).values()), default=0)
        if rows:
            why = headlines[group][1].replace("`", "")
            panels.append(Panel(f"{group} (N = {count:,}): {why}", rows))
    return Journal(
        "tests",
        "Test statistics of average cumulative abnormal returns by group",
        ("Test", *_heads(windows)),
        1,
        tuple(panels),
        (
            *model_note(result),
            f"Each row is one test's statistic; stars by its own two-sided p: {STARS}",
            "p-values adjusted for several groups and windows are in the table sample_tests "
            "(p_holm, p_bh)",
            *_cut(result, len(groups)),
        ),
    )


def _groups(result: StudyResult) -> dict[str, Found]:
    """Return the rows of the first model's CAR windows by group; of one sample the first name."""
    import polars as pl

    windows = {(window.start, window.end) for window in result.spec.cars}
    own = result.sample_tests.filter(pl.col("model") == result.spec.models[0])
    groups: dict[str, Found] = {}
    for one in own.iter_rows(named=True):
        place = one["start"], one["end"]
        if place in windows:
            groups.setdefault(one["group"], {}).setdefault(one["test"], {})[place] = one
    distinct = {_members(tests): group for group, tests in reversed(groups.items())}
    kept = set([group for group in groups if group in distinct.values()][:GROUPS])
    return {group: tests for group, tests in groups.items() if group in kept}


def _members(tests: Found) -> tuple[Any, ...]:
    return tuple(
        (place, *(row[name] for name in _OF_MEMBERS)) for place, row in _any(tests).items()
    )


def _any(tests: Found) -> dict[tuple[int, int], Row]:
    """Return the rows of one test: what does not depend on the test stands in all."""
    return next(iter(tests.values()), {})


def _headlines(result: StudyResult) -> dict[str, tuple[str | None, str]]:
    import polars as pl

    own = result.sample_designs.filter(pl.col("model") == result.spec.models[0])
    return {group: (test, why) for group, test, why in own["group", "headline", "why"].rows()}


def _heads(windows: tuple[Window, ...]) -> list[str]:
    return [f"[{span(window)}]".replace(":", ", ") for window in windows]


def _caars(result: StudyResult, group: str, tests: Found, headline: str | None) -> Iterator[Cell]:
    errors = _errors(result, group)
    for window in shown_windows(result):
        yield _caar(result, tests, errors, headline, window)


def _caar(
    result: StudyResult, tests: Found, errors: Errors, headline: str | None, window: Window
) -> Cell:
    place, per_cent = (window.start, window.end), result.spec.measure == "return"
    row = _any(tests).get(place, {})
    if row.get("mean") is None:
        return Cell("–")
    p = tests.get(headline or "", {}).get(place, {}).get("p")
    error = errors.get(place)
    below = f"({share(error, per_cent=per_cent)})" if error else ""
    return Cell(share(row["mean"], per_cent=per_cent), starred(p), below)


def _errors(result: StudyResult, group: str) -> Errors:
    """Return sd(CAR)/√N of a group by window, nothing for a single observation."""
    import polars as pl

    own = result.cars.filter(pl.col("model") == result.spec.models[0], ~pl.col("alternative"))
    spread = pl.col("car").std() / pl.col("car").count().sqrt()
    made = (
        own.join(members_of(result, group), on=["event_id", "ticker"], how="semi")
        .group_by("start", "end")
        .agg(spread.alias("error"))
    )
    return {(start, end): error for start, end, error in made.rows()}


def _statistics(found: dict[tuple[int, int], Row], windows: tuple[Window, ...]) -> Iterator[Cell]:
    """Yield the statistics of a test; counts and sums of ranks are whole numbers."""
    rows = [found.get((window.start, window.end), {}) for window in windows]
    known = [row["statistic"] for row in rows if row.get("statistic") is not None]
    digits = 0 if all(value == int(value) for value in known) else 2
    for row in rows:
        yield Cell(number(row.get("statistic"), digits), starred(row.get("p")))


def _cut(result: StudyResult, shown: int) -> list[str]:
    """Say which groups are not printed."""
    names = result.sample_tests["group"].n_unique()
    if names == shown:
        return []
    return [
        f"{names - shown} of {names} groups are not printed: those with the same members as one "
        f"above, and any beyond {GROUPS}; all are in the table sample_tests"
    ]
