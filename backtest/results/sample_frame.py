"""The `sample_tests` table: every test over every group, day and window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from backtest.contracts import SAMPLE_TESTS
from backtest.engine.abnormal import window_matrix
from backtest.engine.arrays import Floats, Ints
from backtest.engine.mapping import Mapper, one_by_one
from backtest.engine.sample import Outcome, Sample, SampleTest
from backtest.results.event_frames import KEY
from backtest.spec import StudySpec, Window

if TYPE_CHECKING:
    import polars as pl

ALL = "all"

Group = tuple[str, Ints]
"""A group's name and the sample rows of its members."""


def sample_tests(
    abnormal: pl.DataFrame,
    cars: pl.DataFrame,
    memberships: pl.DataFrame,
    tests: Sequence[SampleTest],
    spec: StudySpec,
    map_groups: Mapper = one_by_one,
) -> pl.DataFrame:
    """Run the tests over the main sessions of all groups.

    Args:
        abnormal: the `abnormal_returns` table in observation, model and day order.
        cars: the `cars` table in observation, model and window order.
        memberships: groups of each event × ticker; the group `all` is implied.
        tests: the tests.
        spec: the study.
        map_groups: how groups are computed; they are independent of each other.
    """
    import polars as pl

    frames: list[pl.DataFrame] = []
    for model in spec.models:
        chosen = (pl.col("model") == model) & ~pl.col("alternative")
        windows = cars.filter(chosen)
        sample = make_sample(abnormal.filter(chosen), windows, spec)
        members = _members(windows, memberships, len(spec.cars))
        # Groups with the same members (a role that everybody has, two tags that go together) are
        # one sample under several names.
        first = {rows.tobytes(): group for group, rows in members.items()}
        distinct = [(group, members[group]) for group in first.values()]
        run = partial(_group_frames, model=model, sample=sample, tests=tests)
        made = dict(zip(first, map_groups(run, distinct), strict=True))
        for group, rows in members.items():
            name = pl.lit(group).alias("group")
            frames.extend(frame.with_columns(name) for frame in made[rows.tobytes()])
    if not frames:
        return SAMPLE_TESTS.empty()
    return SAMPLE_TESTS.check(_adjusted(pl.concat(frames), spec))


def make_sample(abnormal: pl.DataFrame, cars: pl.DataFrame, spec: StudySpec) -> Sample:
    """Stack days and windows of one model's main sessions as the columns of one sample.

    A window that is one day appears once, as that day.
    """
    length, count = len(spec.window), len(spec.cars)

    def table(frame: pl.DataFrame, name: str, width: int) -> Floats:
        return frame[name].to_numpy().reshape(-1, width)

    sar = table(abnormal, "sar", length)
    inside = np.flatnonzero([len(car) > 1 for car in spec.cars])
    windows = tuple(spec.cars[i] for i in inside)
    present = np.isfinite(sar)
    summed = np.where(present, sar, 0.0) @ window_matrix(spec.window, windows)
    days = tuple(Window(d, d) for d in range(spec.window.start, spec.window.end + 1))
    return Sample(
        columns=days + windows,
        car=np.hstack([table(abnormal, "abnormal", length), table(cars, "car", count)[:, inside]]),
        scar=np.hstack([sar, table(cars, "scar", count)[:, inside]]),
        sar_sum=np.hstack([sar, summed]),
        n_days=np.hstack([present, table(cars, "n_days", count)[:, inside]]).astype(np.int64),
        dof=table(cars, "dof", count)[:, 0].astype(np.int64),
    )


def _members(
    windows: pl.DataFrame, memberships: pl.DataFrame, per_observation: int
) -> Mapping[str, Ints]:
    """Return the sample rows of each group, `all` first, then by name."""
    import polars as pl

    keys = windows.select(KEY[:2]).gather_every(per_observation).with_row_index("row")
    members: dict[str, Ints] = {ALL: np.arange(len(keys))}
    joined = (
        memberships.join(keys, on=list(KEY[:2]), how="inner")
        .sort("group", "row")
        .group_by("group", maintain_order=True)
        .agg(pl.col("row"), pl.len().alias("count"))
    )
    cuts = np.cumsum(joined["count"].to_numpy())[:-1]
    rows = np.split(joined["row"].explode().to_numpy().astype(np.int64), cuts)
    members.update(zip(joined["group"].to_list(), rows, strict=True) if len(joined) else ())
    return members


def _group_frames(
    member: Group, *, model: str, sample: Sample, tests: Sequence[SampleTest]
) -> list[pl.DataFrame]:
    """Run every test on the members of one group; one frame a test."""
    import polars as pl

    group, rows = member
    if len(rows) < len(sample.car):
        sample = sample.take(rows)
    mean, median, share = _describe(sample)
    count = len(sample.columns)
    described = {
        "group": [group] * count,
        "model": [model] * count,
        "start": np.array([column.start for column in sample.columns], np.int32),
        "end": np.array([column.end for column in sample.columns], np.int32),
        "n": sample.n.astype(np.int32),
        "mean": mean,
        "median": median,
        "share_positive": share,
    }
    frames = []
    for test in tests:
        outcome: Outcome = test.run(sample)
        answer = {
            "test": [test.key] * count,
            "statistic": outcome.statistic,
            "dof": outcome.dof,
            "p": outcome.p,
            "reason": pl.Series(outcome.reasons, dtype=pl.String),
        }
        frames.append(pl.DataFrame({**described, **answer}, nan_to_null=True))
    return frames


def _describe(sample: Sample) -> tuple[Floats, Floats, Floats]:
    """Return mean, median and share of positive CARs of each column, NaN for an empty one."""
    empty = sample.n == 0
    values = np.where(empty, 0.0, sample.car)
    if not len(values):
        blank = np.full(len(sample.columns), np.nan)
        return blank, blank, blank
    share = (values > 0).sum(axis=0) / np.maximum(sample.n, 1)
    # Column by column: several times faster than nanmedian, which sorts rows that hold a NaN.
    medians = [np.median(column[np.isfinite(column)]) for column in values.T]
    parts = (np.nanmean(values, axis=0), np.array(medians), share)
    mean, median, positive = (np.where(empty, np.nan, part) for part in parts)
    return mean, median, positive


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
