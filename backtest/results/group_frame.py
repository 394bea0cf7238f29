"""The rows of `sample_tests` of groups of one sample: every test over every column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from backtest.contracts import SAMPLE_DESIGNS
from backtest.engine.arrays import Floats, Ints
from backtest.engine.design import Design, sample_design
from backtest.engine.mapping import Mapper, one_by_one
from backtest.engine.sample import Memo, Outcome, Sample, SampleTest, prepare
from backtest.inference._choice import headline_test
from backtest.results.heap import give_back
from backtest.results.model_samples import ModelSample
from backtest.spec import Window

if TYPE_CHECKING:
    import polars as pl

DESIGN = "_design"
"""What a group looks like, one struct, the same in all its rows of `sample_tests`; never shown."""


@dataclass(frozen=True, slots=True)
class _Group:
    """The members of a group, by their rows of the sample, and what is known of them."""

    rows: Ints
    known: Memo

    def of(self, sample: Sample) -> Sample:
        """Return the members' sample."""
        whole = len(self.rows) == len(sample.car)
        return sample if whole else sample.take(self.rows, self.known)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said of one group over some columns.

    Attributes:
        described: of each column, by the table's names.
        outcomes: of each test.
        design: what the group looks like, where these columns tell.
    """

    described: dict[str, NDArray[Any]]
    outcomes: list[Outcome]
    design: Design | None


def group_frames(
    sample: ModelSample,
    members: Sequence[Ints],
    model: str,
    tests: Sequence[SampleTest],
    cars: Sequence[Window],
    map_groups: Mapper,
) -> list[pl.DataFrame]:
    """Return the rows of each group, without its name, and the column `DESIGN`.

    Args:
        sample: of one model.
        members: the groups' rows of it.
        model: its key.
        tests: the tests.
        cars: the study's CAR windows.
        map_groups: how groups are computed.
    """
    if not members:
        return []
    groups = [_Group(rows, Memo()) for rows in members]
    answers: list[list[_Answer]] = [[] for _ in groups]
    # Groups are computed side by side; where there is one alone, its tests are.
    inner = map_groups if len(groups) == 1 else one_by_one
    look = cars if sample.described is None else None
    for make in sample.columns:
        ask = partial(_answer, sample=make(), tests=tests, cars=look, map_tests=inner)
        for own, answer in zip(answers, map_groups(ask, groups), strict=True):
            own.append(answer)
        del ask  # Or these columns stay in memory beside the next.
        if sample.described is not None:
            give_back()
    if sample.described is None:
        designs = [own[0].design for own in answers]
    else:
        told = sample.described()
        designs = list(map_groups(lambda group: sample_design(group.of(told), cars), groups))
    return [
        _frame(own, design, model, tests)
        for own, design in zip(answers, designs, strict=True)
        if design is not None
    ]


def _answer(
    group: _Group,
    *,
    sample: Sample,
    tests: Sequence[SampleTest],
    cars: Sequence[Window] | None,
    map_tests: Mapper,
) -> _Answer:
    """Run every test on the members of one group; with CAR windows, say what it looks like too."""
    sample = group.of(sample)
    mean, median, share = _describe(sample)
    described: dict[str, NDArray[Any]] = {
        "start": np.array([column.start for column in sample.columns], np.int32),
        "end": np.array([column.end for column in sample.columns], np.int32),
        "n": sample.n.astype(np.int32),
        "mean": mean,
        "median": median,
        "share_positive": share,
    }
    prepare(sample, tests, map_tests)
    outcomes: Iterable[Outcome] = map_tests(lambda test: test.run(sample), tests)
    design = sample_design(sample, cars) if cars is not None else None
    return _Answer(described, list(outcomes), design)


def _frame(
    answers: Sequence[_Answer], design: Design, model: str, tests: Sequence[SampleTest]
) -> pl.DataFrame:
    """Put the columns of one group together: all of a test, then all of the next."""
    import polars as pl

    first = answers[0].described
    described = {name: np.concatenate([one.described[name] for one in answers]) for name in first}
    frames = []
    for number, test in enumerate(tests):
        outcomes = [one.outcomes[number] for one in answers]
        answer = {
            "test": pl.repeat(test.key, len(described["n"]), dtype=pl.String, eager=True),
            "statistic": np.concatenate([one.statistic for one in outcomes]),
            "dof": np.concatenate([one.dof for one in outcomes]),
            "p": np.concatenate([one.p for one in outcomes]),
            "reason": pl.Series([why for one in outcomes for why in one.reasons], dtype=pl.String),
        }
        own = {"model": pl.repeat(model, len(described["n"]), dtype=pl.String, eager=True)}
        frames.append(pl.DataFrame({**own, **described, **answer}, nan_to_null=True))
    return pl.concat(frames).with_columns(_told(design, tests))


def _told(design: Design, tests: Sequence[SampleTest]) -> pl.Expr:
    """Return what a group looks like and its headline test, as one struct."""
    import polars as pl

    headline, why = headline_test(design, tests)
    facts = {**asdict(design), "headline": headline, "why": why}
    types = SAMPLE_DESIGNS.schema()
    fields = [pl.lit(value, types[name]).alias(name) for name, value in facts.items()]
    return pl.struct(fields).alias(DESIGN)


def _describe(sample: Sample) -> tuple[Floats, Floats, Floats]:
    """Return mean, median and share of positive CARs of each column, NaN for an empty one."""
    n, columns = sample.n, np.arange(len(sample.columns))
    if not len(sample.car):
        blank = np.full(len(columns), np.nan)
        return blank, blank, blank
    # Sorted, missing values come last; picking the middle of each row is many times faster than
    # nanmedian, or median column by column.
    ascending = np.sort(sample.car.T, axis=1)
    low, high = ascending[columns, (n - 1).clip(0) // 2], ascending[columns, n // 2]
    with np.errstate(invalid="ignore"):
        mean = np.where(sample.present, sample.car, 0.0).sum(axis=0) / n
        share = (sample.car > 0).sum(axis=0) / n
    return mean, (low + high) / 2, share
