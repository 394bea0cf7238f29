"""Our numbers under the keys of the answer file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from support.studies import days_of, windows_of

from backtest.engine.arrays import Floats
from backtest.engine.estimates import Estimates
from backtest.engine.sample import Sample
from backtest.inference import tests
from backtest.spec import StudySpec, Window

TESTS = (
    *("cross_sectional", "patell", "bmp", "wilcoxon", "sign", "crude_dependence"),
    *("generalized_sign", "rank", "grank_t", "grank_z", "skewness_adjusted"),
)
Row = tuple[str, str, str, int | None, int | None, float]


def tidy(model: str, one: Estimates, ids: list[str], spec: StudySpec) -> Iterator[Row]:
    """Give every number of one model the key of its answer."""
    fits = {"n_obs": one.n_obs, "dof": one.dof, "sigma": one.sigma, **one.coefficients}
    for name, values in fits.items():
        for event, value in zip(ids, values, strict=True):
            yield name, model, event, None, None, float(value)
    samples = days_of(one, spec), windows_of(one, spec)
    daily = {"abnormal": one.abnormal, "sar": one.sar, "std_error": one.std_error}
    summed = {"car": one.car, "scar": one.scar, "bhar": one.bhar}
    # The window [−10, −10] is the first day.
    first = {"car": one.abnormal[:, :1], "bhar": one.abnormal[:, :1]}
    for sample, tables in zip(samples, (daily, summed), strict=True):
        columns = sample.columns
        yield from _by_event(model, ids, columns, tables)
        if tables is daily:
            yield from _by_event(model, ids, columns[:1], first)
        skip = 0 if tables is daily else 1  # [0, 0] is there as a day
        for name, values in _statistics(sample).items():
            for column, value in list(zip(columns, values, strict=True))[skip:]:
                yield name, model, "ALL", column.start, column.end, float(value)


def _by_event(
    model: str, ids: list[str], columns: tuple[Window, ...], tables: dict[str, Floats]
) -> Iterator[Row]:
    for name, table in tables.items():
        for event, row in zip(ids, table, strict=True):
            for column, value in zip(columns, row, strict=True):
                yield name, model, event, column.start, column.end, float(value)


def _statistics(sample: Sample) -> dict[str, Floats]:
    outcomes = {name: tests.get(name).run(sample).statistic for name in TESTS}
    outcomes["sign z"] = (outcomes.pop("sign") - sample.n / 2) / np.sqrt(sample.n / 4)
    return {"mean": sample.car.mean(axis=0), **outcomes}
