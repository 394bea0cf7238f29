"""Sentences about tests of single events that were asked for and have no answer at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from backtest.inference import event_tests_of
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

Case: TypeAlias = tuple[str, str]
"""A model and a test."""

_NAMED = ["model", "test", "reason"]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """How many CARs of each model and test have no p, by reason; None stands for those with one."""

    cases: Mapping[Case, Counter[str | None]] = field(default_factory=dict)

    @classmethod
    def among(cls, event_tests: pl.DataFrame, spec: StudySpec) -> Unanswered:
        """Look at the table `event_tests`; at nothing where no such test was asked for."""
        import polars as pl

        asked = [test.key for test in event_tests_of(spec.tests)]
        if not asked:
            return cls()
        why = pl.when(pl.col("p").is_null()).then("reason").alias("reason")
        rows = event_tests.lazy().filter(pl.col("test").is_in(asked)).select("model", "test", why)
        counted = rows.group_by(_NAMED).len().collect()
        cases: dict[Case, Counter[str | None]] = {}
        for model, test, reason, count in counted.select(*_NAMED, "len").rows():
            cases.setdefault((model, test), Counter())[reason] = count
        return cls(cases)

    def __add__(self, later: Unanswered) -> Unanswered:
        both = {*self.cases, *later.cases}
        none: Counter[str | None] = Counter()
        return Unanswered(
            {case: self.cases.get(case, none) + later.cases.get(case, none) for case in both}
        )


def unanswered_notes(found: Unanswered, spec: StudySpec) -> Iterator[str]:
    """Name the tests that judge no CAR of a model, with the reason; those of one reason together.

    Args:
        found: what was seen of the whole study.
        spec: the study.
    """
    for model in spec.models:
        silent = [
            (test.key, _why(found.cases[model, test.key]))
            for test in event_tests_of(spec.tests)
            if None not in found.cases.get((model, test.key), {None: 0})
        ]
        for why, tests in groupby(sorted(silent, key=lambda one: one[1]), lambda one: one[1]):
            names = [name for name, _ in tests]
            verb = "gives" if len(names) == 1 else "give"
            yield f"{' and '.join(names)} {verb} nothing for the model {model}: {why}"


def _why(reasons: Counter[str | None]) -> str:
    """Return the commonest of some reasons, and whether there are others."""
    first = min(reasons, key=lambda reason: (-reasons[reason], str(reason)))
    others = "; the table `event_tests` has the other reasons" if len(reasons) > 1 else ""
    return f"{first}{others}"
