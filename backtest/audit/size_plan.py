"""What an audit of size draws and tests."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from backtest.audit.draw import DESIGNS, Design
from backtest.errors import BadUsage, Problem
from backtest.inference import tests
from backtest.models import model_for
from backtest.spec import StudySpec, Window

RESAMPLING = ("bootstrap", "bhar_bootstrap", "permutation")
"""Tests that draw thousands of times from each sample; only named ones are audited."""

DAY_0, ESTIMATION = Window(0, 0), StudySpec().estimation


def default_tests() -> tuple[str, ...]:
    """Return every sample test that does not resample."""
    every = tests.keys()
    return tuple(key for key in every if not key.startswith(RESAMPLING))


@dataclass(frozen=True, slots=True)
class SizePlan:
    """What is drawn and tested.

    Attributes:
        samples: samples of each design and number of events.
        power_samples: how many of them are tested again with each abnormal return added.
        events: numbers of events in a sample.
        designs: `random` dates, `same_date`.
        added: abnormal returns on day 0, decimals; 0 is the size.
        tests: keys of sample tests; none for those that do not resample, `all` for all.
        window: the event window, tested as a whole.
        estimation: the estimation window.
        min_obs: fewest valid estimation days.
        model: of normal performance; it knows the benchmark and no other series.
        benchmark: ticker of the market return.
        seed: of the random numbers.

    Raises:
        BadUsage: all that cannot be meant, at once.
    """

    samples: int = 1000
    power_samples: int = 1000
    events: tuple[int, ...] = (1, 5, 20, 50)
    designs: tuple[Design, ...] = DESIGNS
    added: tuple[float, ...] = (0.0, 0.005, 0.01, 0.02)
    tests: tuple[str, ...] = ()
    window: Window = DAY_0
    estimation: Window = ESTIMATION
    min_obs: int = 100
    model: str = "market"
    benchmark: str = "SPY"
    seed: int = 1985

    def __post_init__(self) -> None:
        if not self.tests or self.tests == ("all",):
            chosen = tests.keys() if self.tests else default_tests()
            object.__setattr__(self, "tests", chosen)
        problems = [*self._number_problems(), *self._name_problems()]
        if problems:
            raise BadUsage(problems)

    def _number_problems(self) -> Iterator[Problem]:
        for name, value in (("samples", self.samples), ("power-samples", self.power_samples)):
            if value < 1:
                yield Problem("too-few", f"{value} is not a number of samples", field=name)
        if self.seed < 0:
            yield Problem("bad-seed", f"{self.seed} is below 0", field="seed")
        wrong = [str(n) for n in self.events if n < 1]
        if wrong or not self.events:
            yield Problem(
                "bad-events",
                f"not a number of events in a sample: {', '.join(wrong) or 'nothing'}",
                field="events",
                hint="for example --events 1,5,20,50",
            )
        for name, values in (("events", self.events), ("add", self.added), ("tests", self.tests)):
            if len(set(values)) < len(values):
                yield Problem("named-twice", "a value is named twice", field=name)
        if not self.added or not all(math.isfinite(one) for one in self.added):
            yield Problem("bad-add", "not returns in decimals", field="add", hint="0.01 is 1 %")
        elif any(self.added) and not self.window.start <= 0 <= self.window.end:
            yield Problem(
                "no-day-0",
                f"returns are added on day 0, which the window {self.window} does not hold",
                field="window",
                hint="--add 0 leaves only the size",
            )

    def _name_problems(self) -> Iterator[Problem]:
        try:
            spec = self.spec
            regressors = model_for(self.model, spec).regressors
        except BadUsage as error:
            yield from error.problems
        else:
            if set(regressors) - {"market"}:
                yield Problem(
                    "model-needs-factors",
                    f"{self.model} needs {', '.join(regressors)}, and an audit has the benchmark",
                    field="model",
                )
        for key in self.tests:
            try:
                tests.get(key)
            except BadUsage as error:
                yield from error.problems

    @property
    def spec(self) -> StudySpec:
        """The study that each placebo event is."""
        return StudySpec(
            models=(self.model,),
            benchmark=self.benchmark,
            estimation=self.estimation,
            window=self.window,
            cars=(self.window,),
            min_obs=self.min_obs,
            tests=self.tests,
        )

    def as_dict(self) -> dict[str, object]:
        """Return the plan as plain values, windows as `start:end` text."""
        windows = {"window": str(self.window), "estimation": str(self.estimation)}
        return {**asdict(self), **windows}
