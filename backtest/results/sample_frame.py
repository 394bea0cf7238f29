"""The `sample_tests` table: every test over every group, day and window."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.contracts import SAMPLE_DESIGNS, SAMPLE_TESTS
from backtest.engine.arrays import Ints
from backtest.engine.mapping import Mapper, one_by_one
from backtest.engine.sample import SampleTest, uses_placebos
from backtest.results.event_frames import KEY, OBS
from backtest.results.group_frame import DESIGN, group_frames
from backtest.results.model_samples import Samples
from backtest.spec import StudySpec
from backtest.stages import count, stage

if TYPE_CHECKING:
    import polars as pl

ALL = "all"

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
    samples: Samples,
    memberships: pl.DataFrame,
    tests: Sequence[SampleTest],
    spec: StudySpec,
    map_groups: Mapper = one_by_one,
    earlier: Earlier | None = None,
) -> pl.DataFrame:
    """Run the tests over the main sessions of all groups.

    Args:
        samples: returns the sample of each model.
        memberships: groups of each event × ticker; the group `all` is implied.
        tests: the tests.
        spec: the study.
        map_groups: how groups are computed; they are independent of each other.
        earlier: where groups with the same members need not be computed again.

    Returns:
        `SAMPLE_TESTS`, the column `DESIGN`, and with `earlier` the column `MEMBERS`.
    """
    import polars as pl

    if not tests:
        nothing = pl.lit("", pl.String)
        return SAMPLE_TESTS.empty().with_columns(nothing.alias(MEMBERS), nothing.alias(DESIGN))
    frames: list[pl.DataFrame] = []
    if any(uses_placebos(test) for test in tests):
        earlier = None  # Placebo dates read prices that the members' keys do not know of.
    for model in spec.models:
        sample = samples(model)
        members = _members(sample.keys, memberships)
        digests = _digests(sample.keys, members, model, earlier)
        # Groups with the same members (a role that everybody has, two tags that go together) are
        # one sample under several names.
        made = dict(earlier.find(set(digests.values()))) if earlier else {}
        missing = {digests[group]: group for group in members if digests[group] not in made}
        count("tests", len({*digests.values()}), len(made))
        # The largest first, so that no thread is left alone with one of them at the end.
        missing = dict(sorted(missing.items(), key=lambda item: -len(members[item[1]])))
        groups = [members[group] for group in missing.values()]
        computed = group_frames(sample, groups, model, tests, spec.cars, map_groups)
        made.update(zip(missing, computed, strict=True))
        for group in members:
            own = [pl.lit(group).alias("group")]
            own += [pl.lit(digests[group]).alias(MEMBERS)] if earlier else []
            frames.append(made[digests[group]].with_columns(own))
    tested = _adjusted(pl.concat(frames, how="diagonal"), spec)
    hidden = tested.select(DESIGN, *([MEMBERS] if earlier else []))
    return SAMPLE_TESTS.check(tested.drop(hidden.columns)).hstack(hidden)


def _digests(
    keys: pl.DataFrame, members: Mapping[str, Ints], model: str, earlier: Earlier | None
) -> dict[str, str]:
    """Return what names each group's members: equal names are equal samples."""
    if earlier is None:
        return {group: rows.tobytes().hex() for group, rows in members.items()}
    numbers = keys.get_column(OBS).to_numpy()
    return {group: earlier.digest(model, numbers[rows]) for group, rows in members.items()}


def _members(keys: pl.DataFrame, memberships: pl.DataFrame) -> Mapping[str, Ints]:
    """Return the sample rows of each group, `all` first, then by name."""
    import polars as pl

    keys = keys.select(KEY[:2]).with_row_index("row")
    members: dict[str, Ints] = {ALL: np.arange(len(keys))}
    joined = memberships.join(keys, on=list(KEY[:2]), maintain_order="right")
    # Rows come in order, and a group keeps the order of its rows.
    grouped = joined.group_by("group").agg("row", pl.len().alias("count")).sort("group")
    cuts = np.cumsum(grouped["count"].to_numpy())[:-1]
    rows = np.split(grouped["row"].explode().to_numpy().astype(np.int64), cuts)
    members.update(zip(grouped["group"].to_list(), rows, strict=True) if len(grouped) else ())
    return members


def sample_designs(tested: pl.DataFrame) -> pl.DataFrame:
    """Return `SAMPLE_DESIGNS` of the answer of `sample_tests`."""
    import polars as pl

    if tested.is_empty():
        return SAMPLE_DESIGNS.empty()
    first = tested.unique(["group", "model"], keep="first", maintain_order=True)
    columns = first.select("group", "model", DESIGN).unnest(DESIGN)
    return SAMPLE_DESIGNS.check(columns.with_columns(pl.col(pl.Float64).fill_nan(None)))


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
