"""Placebo dates of single events: the rows `permutation` of the table `event_tests`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backtest.contracts import EVENT_TESTS
from backtest.engine.arrays import Floats, Ints
from backtest.engine.placebo_share import MIN_DRAWS, placebo_share
from backtest.inference.permutation import FEW, NO_DATES, TEST
from backtest.results.event_frames import KEY, NOT_WHOLE, OBS, following
from backtest.results.placebos import Placebos
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

_CAR = (*KEY, OBS, "model", "start", "end")
"""What names a CAR, in `cars` and `event_tests` alike."""


def with_permutation(
    event_tests: pl.DataFrame, cars: pl.DataFrame, placebos: Placebos, spec: StudySpec
) -> pl.DataFrame:
    """Return `EVENT_TESTS` in which the permutation test of every CAR follows its own rows.

    These rows depend on the other events of a study, whose windows placebo dates avoid, so they
    are none of an observation's own tables.

    Args:
        event_tests: as many rows of every CAR, together.
        cars: the CARs in the same order, those of an observation and model together.
        placebos: SCARs on placebo dates of all observations.
        spec: the study.
    """
    import polars as pl

    n, p = _tested(cars, placebos, spec)
    drawn = placebos.draws > 0
    tested = cars.select(
        *_CAR,
        pl.lit(TEST.key).alias("test"),
        pl.Series("n", n.ravel(), dtype=pl.Int32),
        pl.col("scar").alias("statistic"),
        pl.Series("p", p.ravel(), nan_to_null=True),
    )
    reason = (
        pl.when(pl.col("statistic").is_null())
        .then(pl.lit(NOT_WHOLE))
        .when((pl.col("n") == 0) & drawn)
        .then(pl.lit(NO_DATES))
        .when(pl.col("n") < MIN_DRAWS)
        .then(pl.lit(FEW))
    )
    tested = tested.with_columns(
        pl.when(pl.col("p").is_not_null()).then(pl.col("statistic")).alias("statistic"),
        reason.alias("reason"),
    )
    both = following([event_tests, tested.select(event_tests.columns)])
    return EVENT_TESTS.check(both.drop(OBS))


def _tested(cars: pl.DataFrame, placebos: Placebos, spec: StudySpec) -> tuple[Ints, Floats]:
    """Return usable draws and p of every CAR, (observations and models, W) each."""
    width = len(spec.cars)
    scar = cars["scar"].to_numpy().reshape(-1, width)
    numbers = cars[OBS].gather_every(width).to_numpy().astype(np.int64)
    model = cars["model"].gather_every(width).to_numpy()
    n, p = np.zeros(scar.shape, dtype=np.int64), np.full(scar.shape, np.nan)
    for key in spec.models:
        rows = np.flatnonzero(model == key)
        share = placebo_share(scar[rows], placebos.windows_of(key, numbers[rows], spec))
        n[rows], p[rows] = share.n, share.p
    return n, p
