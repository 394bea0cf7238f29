"""The arrays that sample tests take, out of the event-level tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.abnormal import window_matrix
from backtest.engine.arrays import Floats
from backtest.engine.history import History
from backtest.engine.sample import Sample
from backtest.results.event_frames import OBS
from backtest.results.histories import Histories
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
    summed = np.where(present, sar, 0.0) @ window_matrix(spec.window, windows)
    days = tuple(Window(d, d) for d in range(spec.window.start, spec.window.end + 1))
    return Sample(
        columns=days + windows,
        car=np.hstack([daily, table(cars, "car", count)[:, inside]]),
        scar=np.hstack([sar, table(cars, "scar", count)[:, inside]]),
        sar_sum=np.hstack([sar, summed]),
        n_days=np.hstack([present, table(cars, "n_days", count)[:, inside]]).astype(np.int64),
        dof=table(cars, "dof", count)[:, 0].astype(np.int64),
        bhar=np.hstack([daily, table(cars, "bhar", count)[:, inside]]),
    )


def make_history(
    histories: Histories,
    events: Mapping[str, pl.DataFrame],
    days: pl.DataFrame,
    windows: pl.DataFrame,
    spec: StudySpec,
    model: str,
) -> History:
    """Return the history of a model's main sessions, in the order of the sample."""
    import polars as pl

    observations = windows.select(OBS).gather_every(len(spec.cars))
    sigma = events["fits"].filter(pl.col("model") == model).select(OBS, "sigma")
    first = (pl.col("day") == spec.window.start) if spec.window.start > 0 else pl.col("day") == 0
    caps = events["market_caps"].filter(first).select(OBS, "cap_before")
    known = observations.join(sigma, on=OBS, how="left", maintain_order="left").join(
        caps, on=OBS, how="left", maintain_order="left"
    )
    return histories.of_model(
        model,
        observations[OBS].to_numpy().astype(np.int64),
        days["std_error"].to_numpy().reshape(-1, len(spec.window)),
        known["sigma"].to_numpy(),
        known["cap_before"].to_numpy(),
    )
