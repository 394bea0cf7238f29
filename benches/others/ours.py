"""Our engine on the events that the packages get, and a million of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

import numpy as np
from workload.direct import threads, with_all_tests

from backtest.engine.estimate import standardise
from backtest.engine.job import Job
from backtest.models import models
from backtest.spec import StudySpec, Window
from others.task import AFTER, BEFORE, ESTIMATION, Floats, Ints, Task

WINDOW = Window(-BEFORE, AFTER)
ESTIMATED, TESTED = "AR, CAR, SE", "all sample tests"


@dataclass
class Ours:
    """Our rounds, measured between the packages'.

    Attributes:
        task: all events.
        seconds: of the rounds, by what they compute.
    """

    task: Task
    seconds: dict[str, list[float]] = field(
        default_factory=lambda: {ESTIMATED: [], TESTED: []}, init=False
    )

    def __post_init__(self) -> None:
        self._job = self.job("simple", np.arange(len(self.task.rows)))
        self._fifth = self._job.take(np.arange(len(self.task.rows) // 5))

    def job(self, returns: str, chosen: Ints) -> Job:
        """Return the engine's job of some events."""
        simple = self.task.returns
        spec = StudySpec(
            window=WINDOW, estimation=Window(-BEFORE - ESTIMATION, -BEFORE - 1), cars=(WINDOW,)
        )
        return Job(
            np.log1p(simple) if returns == "log" else simple,
            {"market": 0},
            self.task.rows[chosen],
            self.task.days[chosen],
            models.get("market"),
            spec,
        )

    def cars(self, returns: str, chosen: Ints) -> tuple[Floats, Floats]:
        """Return (n,) CARs and their errors."""
        made = standardise(self.job(returns, chosen), threads())
        return made.car[:, 0], made.car_error[:, 0]

    def warm_up(self) -> None:
        """Compile what is compiled, and take the memory that is taken."""
        standardise(self._job, threads())
        with_all_tests(self._fifth, threads())

    def round(self) -> None:
        """Measure both once."""
        self._time(ESTIMATED, lambda: standardise(self._job, threads()))
        self._time(TESTED, lambda: with_all_tests(self._fifth, threads()))

    def _time(self, what: str, act: Callable[[], object]) -> None:
        gc.collect()
        start = time.perf_counter()
        act()
        self.seconds[what].append(time.perf_counter() - start)

    def events(self, what: str) -> int:
        """Return how many events a round takes."""
        return len((self._job if what == ESTIMATED else self._fifth).rows)

    def per_second(self, what: str) -> float:
        """Events a second, of the median round."""
        return self.events(what) / median(self.seconds[what])
