"""The arrays that sample tests take, out of the event-level tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.sample import Sample
from backtest.results.event_frames import OBS
from backtest.spec import StudySpec, Window

if TYPE_CHECKING:
    import polars as pl


def make_sample(abnormal: pl.DataFrame, cars: pl.DataFrame, spec: StudySpec) -> Sample:
    """Stack days and windows of one model's main sessions as the columns of one sample.

    A window that is one day appears once, as that day.
    """
    length, count = len(spec.window), len(spec.cars)

    def table(frame: pl.DataFrame, name: str, width: int) -> Floats:
        return frame[name].to_numpy().reshape(-1, width)

    daily, sar = table(abnormal, "abnormal", length), table(abnormal, "sar", length)
    inside = np.flatnonzero([len(car) > 1 for car in spec.cars])
    windows = tuple(spec.cars[i] for i in inside)
    present = np.isfinite(sar)
    known = np.where(present, sar, 0.0)
    # Not a product of matrices: how its sums are taken depends on how many rows there are.
    summed = [known[:, own.within(spec.window)].sum(axis=1) for own in windows]
    days = tuple(Window(d, d) for d in range(spec.window.start, spec.window.end + 1))
    return Sample(
        columns=days + windows,
        car=np.hstack([daily, table(cars, "car", count)[:, inside]]),
        scar=np.hstack([sar, table(cars, "scar", count)[:, inside]]),
        sar_sum=np.column_stack([sar, *summed]),
        n_days=np.hstack([present, table(cars, "n_days", count)[:, inside]]).astype(np.int64),
        dof=table(cars, "dof", count)[:, 0].astype(np.int64),
        bhar=np.hstack([daily, table(cars, "bhar", count)[:, inside]]),
    )


def known_before(
    events: Mapping[str, pl.DataFrame], windows: pl.DataFrame, spec: StudySpec, model: str
) -> tuple[Ints, Floats, Floats]:
    """Return number, residual standard deviation and market value before the event, (N,) each.

    Args:
        events: the event-level tables.
        windows: CARs of one model's main sessions, in the order of the sample.
        spec: the study.
        model: the model.
    """
    import polars as pl

    observations = windows.select(OBS).gather_every(len(spec.cars))
    sigma = events["fits"].filter(pl.col("model") == model).select(OBS, "sigma")
    first = (pl.col("day") == spec.window.start) if spec.window.start > 0 else pl.col("day") == 0
    caps = events["market_caps"].filter(first).select(OBS, "cap_before")
    known = observations.join(sigma, on=OBS, how="left", maintain_order="left").join(
        caps, on=OBS, how="left", maintain_order="left"
    )
    return (
        known[OBS].to_numpy().astype(np.int64),
        known["sigma"].to_numpy(),
        known["cap_before"].to_numpy(),
    )
