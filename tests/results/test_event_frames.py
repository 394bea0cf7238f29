"""From arrays to the event tables: p-values, missing values, and observations without a fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats
from support.bulk import made_prices, one_event, save, sessions

import backtest as bt
from backtest.results.event_frames import Axis
from backtest.results.result import StudyResult

DAYS = sessions()


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, warm: Path) -> StudyResult:
    """One event with everything, one with too short a history, one near the end of the data."""
    folder = tmp_path_factory.mktemp("frames")
    events = pl.concat(
        [
            one_event("T0", DAYS[330], "whole"),
            one_event("T0", DAYS[80], "early"),
            one_event("T1", DAYS[-4], "late"),
        ]
    )
    paths = save(events, folder / "e.csv"), save(made_prices(["T0", "T1"]), folder / "p.csv")
    return bt.run(*paths, cache=warm, model="market,mean,market_adjusted")


def test_p_values_are_two_sided_students(result: StudyResult) -> None:
    rows = result.cars.drop_nulls("t")
    p = 2 * stats.t.sf(np.abs(rows["t"].to_numpy()), rows["dof"].to_numpy())
    np.testing.assert_allclose(rows["p"].to_numpy(), p, rtol=1e-10)
    freedom = dict(rows.select("model", "dof").iter_rows())
    assert freedom == {"market": 248, "mean": 249, "market_adjusted": 249}


def test_t_is_the_car_over_its_error(result: StudyResult) -> None:
    rows = result.cars.drop_nulls("car")
    ratio = rows["car"] / rows["std_error"]
    np.testing.assert_allclose(rows["t"].to_numpy(), ratio.to_numpy(), rtol=1e-12)
    assert rows["t"].equals(rows["scar"].rename("t"))


def test_an_abnormal_return_is_the_return_less_the_expected(result: StudyResult) -> None:
    rows = result.abnormal_returns.drop_nulls("abnormal")
    gap = rows["return"] - rows["expected"] - rows["abnormal"]
    assert gap.abs().max() < 1e-16
    assert (rows["sar"] - rows["abnormal"] / rows["std_error"]).abs().max() < 1e-12


def test_an_observation_without_a_fit_stands_in_fits_and_excluded_only(
    result: StudyResult,
) -> None:
    for table in (result.abnormal_returns, result.cars):
        assert "early" not in table["event_id"]
    rows = result.fits.filter(event_id="early")
    assert rows["status"].to_list() == ["excluded"] * 3
    assert rows["n_obs"].to_list() == [69] * 3
    assert rows["reason"].unique().to_list() == [
        "69 valid days in the estimation window -260:-11 need 100"
    ]
    left = result.excluded.filter(event_id="early", stage="estimation")["reason"].to_list()
    assert [reason.partition(":")[0] for reason in left] == ["market", "mean", "market_adjusted"]


def test_days_after_the_last_price_have_dates_and_nothing_else(result: StudyResult) -> None:
    rows = result.abnormal_returns.filter(event_id="late", model="market")
    known = rows.filter(pl.col("day") <= 3)
    beyond = rows.filter(pl.col("day") > 3)
    assert known["return"].null_count() == 0
    for column in ("return", "expected", "abnormal", "std_error", "sar"):
        assert beyond[column].null_count() == len(beyond) == 7
    # New York's next sessions after Friday 29 May 2026; nobody trades on Juneteenth.
    assert [str(day) for day in beyond["date"]] == [
        *("2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05"),
        *("2026-06-08", "2026-06-09"),
    ]
    cars = result.cars.filter(event_id="late", model="market")
    empty = cars.filter(pl.col("car").is_null()).select("start", "end", "n_days").rows()
    assert empty == [(-5, 5, 9), (-10, 10, 14), (0, 5, 4), (0, 10, 4)]


def test_coefficients_hold_what_each_model_estimates(result: StudyResult) -> None:
    rows = {row["model"]: row for row in result.fits.filter(event_id="whole").iter_rows(named=True)}
    market, mean, adjusted = (rows[key] for key in ("market", "mean", "market_adjusted"))
    assert market["coefficients"]["beta"] == market["beta"] is not None
    assert market["coefficients"]["alpha"] == market["alpha"]
    assert mean["alpha"] is not None
    assert mean["beta"] is None
    assert adjusted["r_squared"] is None
    assert all(row["n_obs"] == 250 for row in rows.values())


def test_an_axis_ends_where_its_calendar_does() -> None:
    sessions_ = np.array(["2026-01-05", "2026-01-06", "2026-01-07"], dtype="datetime64[D]")
    axis = Axis(sessions_, np.array([0, 2]))
    dates = axis.dates(np.array([0, 1]), -1, 1)
    assert np.isnat(dates).tolist() == [[True, False, False], [False, False, True]]
    assert str(dates[1, 0]) == "2026-01-06"
