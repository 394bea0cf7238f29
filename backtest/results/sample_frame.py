"""The `sample_tests` table: every test over every group, day and window."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from backtest.contracts import SAMPLE_DESIGNS, SAMPLE_TESTS
from backtest.engine.arrays import Floats, Ints
from backtest.engine.design import sample_design
from backtest.engine.mapping import Mapper, one_by_one
from backtest.engine.sample import Outcome, Sample, SampleTest, prepare, uses_placebos
from backtest.inference._choice import headline_test
from backtest.results.event_frames import KEY, OBS
from backtest.results.histories import Histories
from backtest.results.placebos import Placebos
from backtest.results.sample_arrays import make_history, make_sample
from backtest.spec import StudySpec, Window
from backtest.stages import count, stage

if TYPE_CHECKING:
    import polars as pl

ALL = "all"

_DAYS = ("abnormal", "sar", "std_error", "model", "alternative")
_WINDOWS = (*KEY, OBS, "car", "scar", "n_days", "dof", "bhar")

DESIGN = "_design"
"""What a group looks like, one struct, the same in all its rows of `sample_tests`; never shown."""

MEMBERS = "_members"
"""Digest of a group's members; stored with the rows of `sample_tests`, never shown."""


Known = Callable[[Collection[str]], Mapping[str, "pl.DataFrame"]]
"""Finds earlier rows of groups by the digests of their members."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of groups from earlier studies.

    Attributes:
        digest: names the group of a model's observations with these numbers (`OBS`).
        find: returns the rows of the groups found, by digest.
    """

    digest: Callable[[str, Ints], str]
    find: Known


@stage("tests")
def sample_tests(
    events: Mapping[str, pl.DataFrame],
    memberships: pl.DataFrame,
    tests: Sequence[SampleTest],
    spec: StudySpec,
    histories: Callable[[], Histories],
    map_groups: Mapper = one_by_one,
    draw: Callable[[], Placebos] | None = None,
    earlier: Earlier | None = None,
) -> pl.DataFrame:
    """Run the tests over the main sessions of all groups.

    Args:
        events: the event-level tables, by observation and model.
        memberships: groups of each event × ticker; the group `all` is implied.
        tests: the tests.
        spec: the study.
        histories: returns the days before the events; asked only if a test looks at them.
        map_groups: how groups are computed; they are independent of each other.
        draw: returns placebo dates; asked only if a test compares with them.
        earlier: where groups with the same members need not be computed again.

    Returns:
        `SAMPLE_TESTS`, the column `DESIGN`, and with `earlier` the column `MEMBERS`.
    """
    import polars as pl

    if not tests:
        nothing = pl.lit("", pl.String)
        return SAMPLE_TESTS.empty().with_columns(nothing.alias(MEMBERS), nothing.alias(DESIGN))
    frames: list[pl.DataFrame] = []
    before = histories()
    placebo = draw() if draw and any(uses_placebos(test) for test in tests) else None
    # Placebo dates read prices that the members' keys do not know of.
    earlier = earlier if placebo is None else None
    for model in spec.models:
        chosen = (pl.col("model") == model) & ~pl.col("alternative")
        windows = events["cars"].select(*_WINDOWS, "model").filter(chosen)
        members = _members(windows, memberships, len(spec.cars))
        digests = _digests(windows, members, model, earlier)
        # Groups with the same members (a role that everybody has, two tags that go together) are
        # one sample under several names.
        made = dict(earlier.find(set(digests.values()))) if earlier else {}
        missing = {digests[group]: group for group in members if digests[group] not in made}
        count("tests", len({*digests.values()}), len(made))
        # The largest first, so that no thread is left alone with one of them at the end.
        missing = dict(sorted(missing.items(), key=lambda item: -len(members[item[1]])))
        if missing:
            days = events["abnormal_returns"].select(*_DAYS).filter(chosen)
            sample = make_sample(days, windows, spec)
            history = make_history(before, events, days, windows, spec, model)
            sample = replace(sample, history=history)
            if placebo is not None:
                numbers = windows[OBS].gather_every(len(spec.cars)).to_numpy()
                sample = replace(sample, placebo=placebo.of(model, numbers))
            # Groups are computed side by side; where there is one alone, its tests are.
            inner = map_groups if len(missing) == 1 else one_by_one
            run = partial(
                _group_frame,
                model=model,
                sample=sample,
                tests=tests,
                cars=spec.cars,
                map_tests=inner,
            )
            computed = map_groups(run, [members[group] for group in missing.values()])
            made.update(zip(missing, computed, strict=True))
        for group in members:
            own = [pl.lit(group).alias("group")]
            own += [pl.lit(digests[group]).alias(MEMBERS)] if earlier else []
            frames.append(made[digests[group]].with_columns(own))
    tested = _adjusted(pl.concat(frames, how="diagonal"), spec)
    hidden = tested.select(DESIGN, *([MEMBERS] if earlier else []))
    return SAMPLE_TESTS.check(tested.drop(hidden.columns)).hstack(hidden)


def _digests(
    windows: pl.DataFrame, members: Mapping[str, Ints], model: str, earlier: Earlier | None
) -> dict[str, str]:
    """Return what names each group's members: equal names are equal samples."""
    if earlier is None:
        return {group: rows.tobytes().hex() for group, rows in members.items()}
    every = len(windows) // max(1, len(members[ALL]))
    numbers = windows.get_column(OBS).gather_every(max(1, every)).to_numpy()
    return {group: earlier.digest(model, numbers[rows]) for group, rows in members.items()}


def _members(
    windows: pl.DataFrame, memberships: pl.DataFrame, per_observation: int
) -> Mapping[str, Ints]:
    """Return the sample rows of each group, `all` first, then by name."""
    import polars as pl

    keys = windows.select(KEY[:2]).gather_every(per_observation).with_row_index("row")
    members: dict[str, Ints] = {ALL: np.arange(len(keys))}
    joined = memberships.join(keys, on=list(KEY[:2]), maintain_order="right")
    # Rows come in order, and a group keeps the order of its rows.
    grouped = joined.group_by("group").agg("row", pl.len().alias("count")).sort("group")
    cuts = np.cumsum(grouped["count"].to_numpy())[:-1]
    rows = np.split(grouped["row"].explode().to_numpy().astype(np.int64), cuts)
    members.update(zip(grouped["group"].to_list(), rows, strict=True) if len(grouped) else ())
    return members


def _group_frame(
    rows: Ints,
    *,
    model: str,
    sample: Sample,
    tests: Sequence[SampleTest],
    cars: Sequence[Window],
    map_tests: Mapper,
) -> pl.DataFrame:
    """Run every test on the members of one group, given by their rows of the sample."""
    import polars as pl

    if len(rows) < len(sample.car):
        sample = sample.take(rows)
    mean, median, share = _describe(sample)
    count = len(sample.columns)
    described = {
        "model": [model] * count,
        "start": np.array([column.start for column in sample.columns], np.int32),
        "end": np.array([column.end for column in sample.columns], np.int32),
        "n": sample.n.astype(np.int32),
        "mean": mean,
        "median": median,
        "share_positive": share,
    }
    frames = []
    prepare(sample, tests, map_tests)
    outcomes: Iterable[Outcome] = map_tests(lambda test: test.run(sample), tests)
    for test, outcome in zip(tests, outcomes, strict=True):
        answer = {
            "test": [test.key] * count,
            "statistic": outcome.statistic,
            "dof": outcome.dof,
            "p": outcome.p,
            "reason": pl.Series(outcome.reasons, dtype=pl.String),
        }
        frames.append(pl.DataFrame({**described, **answer}, nan_to_null=True))
    return pl.concat(frames).with_columns(_design(sample, tests, cars))


def _design(sample: Sample, tests: Sequence[SampleTest], cars: Sequence[Window]) -> pl.Expr:
    """Return what the group looks like and its headline test, as one struct."""
    import polars as pl

    design = sample_design(sample, cars)
    headline, why = headline_test(design, tests)
    facts = {**asdict(design), "headline": headline, "why": why}
    types = SAMPLE_DESIGNS.schema()
    fields = [pl.lit(value, types[name]).alias(name) for name, value in facts.items()]
    return pl.struct(fields).alias(DESIGN)


def sample_designs(tested: pl.DataFrame) -> pl.DataFrame:
    """Return `SAMPLE_DESIGNS` of the answer of `sample_tests`."""
    import polars as pl

    if tested.is_empty():
        return SAMPLE_DESIGNS.empty()
    first = tested.unique(["group", "model"], keep="first", maintain_order=True)
    columns = first.select("group", "model", DESIGN).unnest(DESIGN)
    return SAMPLE_DESIGNS.check(columns.with_columns(pl.col(pl.Float64).fill_nan(None)))


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


def _adjusted(frame: pl.DataFrame, spec: StudySpec) -> pl.DataFrame:
    """Add p_holm and p_bh over each family that a report shows together.

    A family is one model and test over all groups: the CAR windows are one family, the single days
    another.
    """
    import polars as pl

    from backtest.inference._multiplicity import benjamini_hochberg, holm

    shown = pl.DataFrame(
        {
            "start": pl.Series([car.start for car in spec.cars], dtype=pl.Int32),
            "end": pl.Series([car.end for car in spec.cars], dtype=pl.Int32),
            "window": [True] * len(spec.cars),
        }
    )
    frame = frame.join(shown, on=["start", "end"], how="left", maintain_order="left")
    families = frame.select(
        pl.struct("model", "test", pl.col("window").fill_null(False)).rank("dense").alias("family")
    )["family"].to_numpy()
    p = frame["p"].to_numpy()
    adjusted = {"p_holm": np.full(len(p), np.nan), "p_bh": np.full(len(p), np.nan)}
    for family in np.unique(families):
        rows = np.flatnonzero(families == family)
        adjusted["p_holm"][rows] = holm(p[rows])
        adjusted["p_bh"][rows] = benjamini_hochberg(p[rows])
    columns = [pl.Series(name, values, nan_to_null=True) for name, values in adjusted.items()]
    return frame.with_columns(columns).drop("window")
