"""Abnormal returns, cumulation and buy-and-hold returns against the formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import noise, run

from backtest.engine.abnormal import buy_and_hold
from backtest.engine.arrays import Floats
from backtest.spec import StudySpec, Window

CARS = (Window(0, 0), Window(-1, 1), Window(-10, 10), Window(0, 10), Window(-10, -10))
SPEC = StudySpec(cars=CARS)
LENIENT = StudySpec(cars=CARS, missing="lenient")


def _days(car: Window) -> slice:
    return slice(car.start + 10, car.end + 11)


@pytest.mark.parametrize(("model", "coefficients"), [("mean", 1), ("market", 2)])
def test_forecast_errors_are_those_of_the_explicit_matrix(model: str, coefficients: int) -> None:
    returns = noise(1)
    returns[3, 20:25] = np.nan
    one = run(returns, [1, 3], [300, 280], model, SPEC)
    for i, (row, day0) in enumerate([(1, 300), (3, 280)]):
        market = returns[0]
        design = np.stack([np.ones(400), market], axis=1)[:, :coefficients]
        days = np.arange(day0 - 260, day0 - 10)
        days = days[np.isfinite(returns[row, days])]
        inverse = np.linalg.inv(design[days].T @ design[days])
        b = inverse @ design[days].T @ returns[row, days]
        errors = returns[row, days] - design[days] @ b
        variance = errors @ errors / (len(days) - coefficients)
        event = design[day0 - 10 : day0 + 11]
        abnormal = returns[row, day0 - 10 : day0 + 11] - event @ b
        np.testing.assert_allclose(one.abnormal[i], abnormal, atol=1e-14)
        daily = np.sqrt(variance * (1 + np.einsum("lk,kj,lj->l", event, inverse, event)))
        np.testing.assert_allclose(one.std_error[i], daily, rtol=1e-12)
        np.testing.assert_allclose(one.sar[i], abnormal / daily, rtol=1e-10, atol=1e-12)
        for w, car in enumerate(CARS):
            part = event[_days(car)]
            q = part.sum(axis=0)
            full = np.sqrt(variance * (len(part) + q @ inverse @ q))
            # The same from the covariance of all prediction errors of the window.
            covariance = variance * (np.eye(len(part)) + part @ inverse @ part.T)
            assert full == pytest.approx(np.sqrt(covariance.sum()), rel=1e-12)
            assert one.car[i, w] == pytest.approx(abnormal[_days(car)].sum(), abs=1e-14)
            assert one.car_error[i, w] == pytest.approx(full, rel=1e-12)
            assert one.scar[i, w] == pytest.approx(one.car[i, w] / full, rel=1e-12)


def test_nothing_estimated_means_no_error_of_estimation() -> None:
    one = run(noise(2), [1, 2], [300, 290], "market_adjusted", SPEC)
    lengths = np.array([len(car) for car in CARS])
    np.testing.assert_array_equal(one.std_error, np.repeat(one.sigma[:, None], 21, axis=1))
    np.testing.assert_allclose(one.car_error, one.sigma[:, None] * np.sqrt(lengths), rtol=1e-15)


def _with_gap() -> Floats:
    returns = noise(3)
    returns[1, 302] = np.nan  # day 2
    return returns


def test_a_missing_day_makes_its_windows_missing() -> None:
    one = run(_with_gap(), [1], [300], "market", SPEC)
    assert np.isnan(one.abnormal[0]).nonzero()[0].tolist() == [12]
    assert np.isnan(one.std_error[0]).nonzero()[0].tolist() == [12]
    assert np.isnan(one.car[0]).tolist() == [False, False, True, True, False]
    for other in (one.car_error, one.scar, one.bhar):
        np.testing.assert_array_equal(np.isnan(other), np.isnan(one.car))
    assert one.n_days[0].tolist() == [1, 3, 20, 10, 1]


def test_lenient_windows_sum_the_days_that_are_there() -> None:
    strict = run(_with_gap(), [1], [300], "market", SPEC)
    one = run(_with_gap(), [1], [300], "market", LENIENT)
    np.testing.assert_array_equal(one.abnormal, strict.abnormal)
    assert one.n_days[0].tolist() == [1, 3, 20, 10, 1]
    assert one.car[0, 2] == pytest.approx(np.nansum(one.abnormal[0]), abs=1e-15)
    # The variance is of those 20 days, not of 21.
    returns = _with_gap()
    days = np.delete(np.arange(290, 311), 12)
    design = np.stack([np.ones(250), returns[0, 40:290]], axis=1)
    q = np.array([20.0, returns[0, days].sum()])
    inverse = np.linalg.inv(design.T @ design)
    expected = one.sigma[0] * np.sqrt(20 + q @ inverse @ q)
    assert one.car_error[0, 2] == pytest.approx(expected, rel=1e-12)
    r, e = returns[1, days], one.expected[0][days - 290]
    assert one.bhar[0, 2] == pytest.approx(np.prod(1 + r) - np.prod(1 + e), abs=1e-14)


def test_a_lenient_window_without_any_day_is_missing() -> None:
    returns = noise(4)
    returns[1, 299:302] = np.nan
    one = run(returns, [1], [300], "mean", LENIENT)
    assert one.n_days[0].tolist() == [0, 0, 18, 9, 1]
    assert np.isnan(one.car[0]).tolist() == [True, True, False, False, False]
    assert np.isnan(one.bhar[0]).tolist() == [True, True, False, False, False]


def test_a_missing_benchmark_day_is_a_missing_day() -> None:
    returns = noise(5)
    returns[0, 300] = np.nan
    one = run(returns, [1, 2], [300, 300], "market", SPEC)
    assert np.isnan(one.abnormal[:, 10]).all()
    assert np.isfinite(one.returns[:, 10]).all()
    mean = run(returns, [1, 2], [300, 300], "mean", SPEC)
    assert np.isfinite(mean.abnormal).all()


def test_buy_and_hold_by_hand() -> None:
    returns = np.array([[0.10, -0.20, 0.50]])
    expected = np.array([[0.01, 0.02, -0.01]])
    cars = (Window(-1, 1), Window(0, 0), Window(-1, 0))
    usable = np.array([[True, True, True]])
    simple = buy_and_hold(returns, expected, usable, Window(-1, 1), cars, log=False)
    by_hand = [
        1.1 * 0.8 * 1.5 - 1.01 * 1.02 * 0.99,
        0.8 - 1.02,
        1.1 * 0.8 - 1.01 * 1.02,
    ]
    np.testing.assert_allclose(simple[0], by_hand, rtol=0, atol=1e-15)
    logs = buy_and_hold(
        np.log1p(returns), np.log1p(expected), usable, Window(-1, 1), cars, log=True
    )
    np.testing.assert_allclose(logs[0], by_hand, rtol=0, atol=1e-15)
    none = buy_and_hold(returns, expected, ~usable, Window(-1, 1), cars, log=False)
    assert np.isnan(none).all()


def test_extreme_returns_stay_in_their_own_windows() -> None:
    """A total loss is a factor of 0; an expected return below −100 % is a factor like any other."""
    returns = np.array([[0.10, -1.0, 0.50]])
    expected = np.array([[0.01, 0.02, -1.5]])
    cars = (Window(-1, 1), Window(-1, 0), Window(-1, -1), Window(1, 1))
    usable = np.ones((1, 4), dtype=bool)
    held = buy_and_hold(returns, expected, usable, Window(-1, 1), cars, log=False)
    by_hand = [0.0 - 1.01 * 1.02 * -0.5, 0.0 - 1.01 * 1.02, 0.1 - 0.01, 1.5 - -0.5]
    np.testing.assert_allclose(held[0], by_hand, rtol=0, atol=1e-15)


def test_log_returns_compound_to_the_same_holding_return() -> None:
    simple = noise(6)
    logs = np.log1p(simple)
    spec = StudySpec(cars=CARS, returns="log")
    one = run(logs, [1], [300], "market_adjusted", spec)
    other = run(simple, [1], [300], "market_adjusted", SPEC)
    np.testing.assert_allclose(one.bhar, other.bhar, rtol=1e-12)
    assert not np.allclose(one.car, other.car, rtol=1e-3)
