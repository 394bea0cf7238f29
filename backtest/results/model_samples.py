"""The samples of a study by model, as its sample tests see them, out of its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from backtest.engine.sample import Sample
from backtest.results.event_frames import KEY, OBS
from backtest.results.histories import Histories
from backtest.results.placebos import Placebos
from backtest.results.sample_arrays import known_before, make_sample
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

DAYS = ("abnormal", "sar", "std_error", "model", "alternative")
WINDOWS = (*KEY, OBS, "car", "scar", "n_days", "dof", "bhar")


@dataclass(frozen=True, slots=True)
class ModelSample:
    """The main sessions of one model.

    Attributes:
        keys: `event_id, ticker, OBS` of its N observations.
        columns: makes the samples, of some columns each, that are tested one after the other; the
            observations are the same and in the same order.
        described: makes the sample of the columns that say what a group looks like; None where the
            first of `columns` has them.
    """

    keys: pl.DataFrame
    columns: Sequence[Callable[[], Sample]]
    described: Callable[[], Sample] | None = None


Samples = Callable[[str], ModelSample]
"""Returns the sample of a model."""


def samples_of(
    events: Mapping[str, pl.DataFrame],
    histories: Callable[[], Histories],
    spec: StudySpec,
    placebo: Callable[[], Placebos] | None = None,
) -> Samples:
    """Return the samples of event-level tables in memory, all columns together.

    Args:
        events: the tables, by observation and model.
        histories: returns the days before the events; asked only when a sample is made.
        spec: the study.
        placebo: returns placebo dates, where a test compares with them.
    """

    def of_model(model: str) -> ModelSample:
        days, windows = main_sessions(events, model)
        keys = windows.select(*KEY[:2], OBS).gather_every(len(spec.cars))

        def whole() -> Sample:
            sample = make_sample(days, windows, spec)
            numbers, sigma, value = known_before(events, windows, spec, model)
            errors = days["std_error"].to_numpy().reshape(-1, len(spec.window))
            history = histories().of_model(model, numbers, errors, sigma, value)
            drawn = placebo().of(model, numbers) if placebo else None
            return replace(sample, history=history, placebo=drawn)

        return ModelSample(keys, [whole])

    return of_model


def main_sessions(
    events: Mapping[str, pl.DataFrame], model: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the days and the CAR windows of one model's main sessions."""
    import polars as pl

    chosen = (pl.col("model") == model) & ~pl.col("alternative")
    days = events["abnormal_returns"].select(*DAYS).filter(chosen)
    return days, events["cars"].select(*WINDOWS, "model").filter(chosen)
