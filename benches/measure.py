"""Steps measured one after the other, round by round, and the ratios of their medians.

A second on a busy machine says little. What is compared here runs in turns, A B C A B C, so that a
slow spell meets all of it, and only the ratio of two medians of one run is held against a target.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to measure.

    Attributes:
        name: what the table calls it.
        act: what is timed.
        over: an earlier step of the same story; the ratio of the two medians is reported.
        at_most: the target of that ratio.
        count: things processed, for a rate.
        at_least: the target of that rate, per second.
        beyond: the target of the seconds that it takes more than `over`.
        size: the N of a step that is one of a series, for the plot of cost against N.
        before: done first and not timed.
    """

    name: str
    act: Act
    over: str | None = None
    at_most: float | None = None
    count: int | None = None
    before: Act | None = None
    at_least: float | None = None
    beyond: float | None = None
    size: int | None = None


def alternate(
    benchmark: BenchmarkFixture,
    story: str,
    *steps: Step,
    rounds: int,
    each_round: Act | None = None,
    warm_up: bool = True,
) -> None:
    """Run all steps in every round; pytest-benchmark keeps the last one's times, we the others'.

    Args:
        benchmark: the fixture of the test.
        story: what the steps are about.
        steps: the steps in their order.
        rounds: how often each is measured.
        each_round: done first in every round and not timed.
        warm_up: whether a whole round goes before, unmeasured.
    """
    *earlier, last = steps
    seconds: dict[str, list[float]] = {step.name: [] for step in earlier}

    def lead() -> None:
        _do(each_round)
        for step in earlier:
            seconds[step.name].append(_timed(step))
        _ready(last)

    if warm_up and benchmark.enabled:
        lead()
        last.act()
        for times in seconds.values():
            times.clear()
    benchmark.pedantic(last.act, setup=lead, rounds=rounds)
    if benchmark.enabled:
        seconds[last.name] = list(benchmark.stats.stats.data)
        benchmark.extra_info |= {"story": story, "steps": _rows(steps, seconds)}


def _do(act: Act | None) -> None:
    if act is not None:
        act()


def _ready(step: Step) -> None:
    _do(step.before)
    gc.collect()


def _timed(step: Step) -> float:
    _ready(step)
    start = time.perf_counter()
    step.act()
    return time.perf_counter() - start


def _rows(steps: tuple[Step, ...], seconds: dict[str, list[float]]) -> list[dict[str, Any]]:
    """Return what is saved with the run: one row a step, plain values."""
    medians = {name: median(times) for name, times in seconds.items()}
    rows = []
    for step in steps:
        took = medians[step.name]
        rows.append(
            {
                "step": step.name,
                "median": took,
                "min": min(seconds[step.name]),
                "rounds": len(seconds[step.name]),
                "per_second": step.count / took if step.count else None,
                "over": step.over,
                "ratio": took / medians[step.over] if step.over else None,
                "at_most": step.at_most,
                "at_least": step.at_least,
                "more": took - medians[step.over] if step.over else None,
                "beyond": step.beyond,
                "size": step.size,
            }
        )
    return rows
