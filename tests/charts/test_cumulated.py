"""Paths of CARs and their standard errors, against the windows that the engine computed itself."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from backtest.charts.cumulated import cumulated, cumulated_errors
from backtest.results.result import StudyResult
from backtest.spec import Window

MODELS = ["market", "mean", "ff5", "market_adjusted"]


def _exact(result: StudyResult, model: str, start: int, name: str) -> pl.DataFrame:
    """Return a column of the CARs of all windows from a day on, wide."""
    return (
        result.cars.filter(
            pl.col("model") == model, pl.col("start") == start, ~pl.col("alternative")
        )
        .sort("end")
        .pivot("end", index=["event_id", "ticker"], values=name)
    )


def _fewer(result: StudyResult, *windows: Window) -> StudyResult:
    """Return the result as if it had only these windows."""
    kept = pl.any_horizontal(
        (pl.col("start") == one.start) & (pl.col("end") == one.end) for one in windows
    )
    spec = dataclasses.replace(result.spec, cars=windows)
    return dataclasses.replace(result.with_tables(cars=result.cars.filter(kept)), spec=spec)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("start", [-10, 0])
def test_paths_are_the_cars_of_their_windows(
    every_window: StudyResult, model: str, start: int
) -> None:
    members = every_window.observations.select("event_id", "ticker").unique()
    paths = cumulated(every_window, members, model, Window(start, 10))
    exact = paths.keys.join(
        _exact(every_window, model, start, "car"), on=["event_id", "ticker"], maintain_order="left"
    )
    np.testing.assert_allclose(paths.car, exact.drop("event_id", "ticker").to_numpy(), atol=1e-14)
    assert paths.exact
    errors = paths.keys.join(
        _exact(every_window, model, start, "std_error"),
        on=["event_id", "ticker"],
        maintain_order="left",
    )
    np.testing.assert_allclose(
        paths.std_error, errors.drop("event_id", "ticker").to_numpy(), rtol=1e-12
    )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("start", "kept"),
    [(-10, [Window(-10, 10)]), (0, [Window(0, 0), Window(0, 10)]), (0, [Window(-10, 10)])],
)
def test_between_windows_they_are_nearly_exact(
    every_window: StudyResult, model: str, start: int, kept: list[Window]
) -> None:
    few = _fewer(every_window, *kept)
    members = few.observations.select("event_id", "ticker").unique()
    paths = cumulated(few, members, model, Window(start, 10))
    assert not paths.exact
    errors = paths.keys.join(
        _exact(every_window, model, start, "std_error"),
        on=["event_id", "ticker"],
        maintain_order="left",
    )
    exact = errors.drop("event_id", "ticker").to_numpy()
    np.testing.assert_allclose(paths.std_error, exact, rtol=0.02)
    np.testing.assert_allclose(paths.std_error[:, 0], exact[:, 0], rtol=1e-12)
    if kept[-1].start == start:
        np.testing.assert_allclose(paths.std_error[:, -1], exact[:, -1], rtol=1e-12)


def test_a_mean_has_a_closed_form() -> None:
    """S²(CAR) = s² (L + L²/M): what days have in common is 1 / (M + 1) for every length."""
    s, M, whole = 0.02, 250, Window(-5, 5)
    daily = np.full((1, 11), s * np.sqrt(1 + 1 / M))
    known = {Window(-5, 5): np.array([s * np.sqrt(11 + 121 / M)])}
    lengths = np.arange(1, 9)
    found = cumulated_errors(daily, whole, known, Window(-2, 5))
    np.testing.assert_allclose(found[0], s * np.sqrt(lengths + lengths**2 / M), rtol=1e-12)


def test_a_missing_day_ends_a_path_unless_lenient(single: StudyResult) -> None:
    gap = pl.when(pl.col("day") == 2).then(None).otherwise(pl.col("abnormal")).alias("abnormal")
    holed = single.with_tables(abnormal_returns=single.abnormal_returns.with_columns(gap))
    members = single.observations.select("event_id", "ticker")
    strict = cumulated(holed, members, "market").car[0]
    assert np.isfinite(strict[:12]).all()
    assert np.isnan(strict[12:]).all()
    lenient = dataclasses.replace(holed, spec=dataclasses.replace(single.spec, missing="lenient"))
    whole = cumulated(single, members, "market").car[0]
    left = single.abnormal_returns.filter(day=2)["abnormal"][0]
    bridged = cumulated(lenient, members, "market").car[0]
    assert bridged[-1] == pytest.approx(whole[-1] - left, abs=1e-12)
