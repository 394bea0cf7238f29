"""Scholes–Williams and Dimson: leads and lags of the market, one observation at a time."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import noise, run

from backtest.engine.arrays import Floats
from backtest.engine.block import COLLINEAR, TOO_FEW
from backtest.models._autocorrelation import NEGATIVE
from backtest.spec import StudySpec, Window

SESSIONS = np.arange(40, 290)
"""The default estimation window of an event at session 300."""

EVENT = np.arange(290, 311)
CORRECTED = ("scholes_williams", "dimson", "dimson_fowler_rorke")


@pytest.fixture
def returns() -> Floats:
    values = noise(31)
    values[2, 50:60] = np.nan
    values[0, 100] = np.nan
    values[3, [40, 77, 289]] = np.nan
    return values


def _valid(returns: Floats, row: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the security and the market of the session before, the same and the next one."""
    lag, now, lead = (returns[0, SESSIONS + shift] for shift in (-1, 0, 1))
    days = np.isfinite(returns[row, SESSIONS] + lag + now + lead)
    return returns[row, SESSIONS][days], lag[days], now[days], lead[days]


def _slope(y: Floats, x: Floats) -> float:
    return float(np.polyfit(x, y, 1)[0])


@pytest.mark.parametrize("row", [1, 2, 3])
def test_scholes_williams(returns: Floats, row: int) -> None:
    """Three slopes, each of a regression of its own, and ρ of the market with its yesterday."""
    one = run(returns, [row], [300], "scholes_williams")
    y, lag, now, lead = _valid(returns, row)
    assert len(y) == {1: 247, 2: 237, 3: 244}[row]
    rho = np.corrcoef(now, lag)[0, 1]
    beta = (_slope(y, lag) + _slope(y, now) + _slope(y, lead)) / (1 + 2 * rho)
    alpha = y.mean() - beta * now.mean()
    e = y - alpha - beta * now
    assert one.coefficients["beta"][0] == pytest.approx(beta, rel=1e-10)
    assert one.coefficients["alpha"][0] == pytest.approx(alpha, rel=1e-9)
    assert one.coefficients["beta_lead"][0] == pytest.approx(_slope(y, lead), rel=1e-9)
    assert one.coefficients["autocorrelation"][0] == pytest.approx(rho, rel=1e-9)
    assert (one.n_obs[0], one.dof[0]) == (len(y), len(y) - 2)
    assert one.sigma[0] == pytest.approx(np.sqrt((e**2).sum() / (len(y) - 2)), rel=1e-11)
    assert one.r_squared[0] == pytest.approx(1 - e.var() / y.var(), rel=1e-9)
    np.testing.assert_allclose(one.expected[0], alpha + beta * returns[0, EVENT], atol=1e-14)


@pytest.mark.parametrize("row", [1, 2, 3])
@pytest.mark.parametrize("model", ["dimson", "dimson_fowler_rorke"])
def test_dimson(returns: Floats, row: int, model: str) -> None:
    one = run(returns, [row], [300], model)
    y, lag, now, lead = _valid(returns, row)
    x = np.column_stack([np.ones(len(y)), lag, now, lead])
    b = np.linalg.lstsq(x, y, rcond=None)[0]
    rho = np.corrcoef(now, lag)[0, 1]
    w = 1.0 if model == "dimson" else (1 + rho) / (1 + 2 * rho)
    beta = w * b[1] + b[2] + w * b[3]
    e = y - b[0] - beta * now
    s2 = (e**2).sum() / (len(y) - 4)
    assert one.coefficients["alpha"][0] == pytest.approx(b[0], rel=1e-9)
    assert one.coefficients["beta"][0] == pytest.approx(beta, rel=1e-10)
    assert (one.n_obs[0], one.dof[0]) == (len(y), len(y) - 4)
    assert one.sigma[0] == pytest.approx(np.sqrt(s2), rel=1e-11)
    m = returns[0, EVENT]
    forecast = np.column_stack([np.ones(21), w * m, m, w * m])
    np.testing.assert_allclose(one.expected[0], forecast @ b, atol=1e-14)
    inverse = np.linalg.inv(x.T @ x)
    leverage = np.einsum("lk,kj,lj->l", forecast, inverse, forecast)
    np.testing.assert_allclose(one.std_error[0], np.sqrt(s2 * (1 + leverage)), rtol=1e-10)
    q = forecast.sum(axis=0)
    car_error = np.sqrt(s2 * (21 + q @ inverse @ q))
    assert one.car_error[0, 3] == pytest.approx(car_error, rel=1e-10)


def test_the_weights_of_fowler_and_rorke_undo_autocorrelation() -> None:
    """At ρ = 0 they are 1; a market that repeats half of yesterday has (1 + ½)/(1 + 1) = ¾."""
    rng = np.random.default_rng(3)
    market = rng.normal(0, 0.01, 6000)
    market[1:] += market[:-1]
    returns = np.stack([market, np.roll(market, 1) + rng.normal(0, 0.01, 6000)])
    spec = StudySpec(estimation=Window(-5500, -11))
    one = run(returns, [1], [5900], "dimson_fowler_rorke", spec)
    part = one.coefficients
    weight = (part["beta"] - part["beta_same"]) / (part["beta_lag"] + part["beta_lead"])
    assert weight[0] == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("model", ["scholes_williams", "dimson"])
def test_thin_trading_biases_the_simple_beta_only(model: str) -> None:
    """Securities of β = 1.5 whose price is a day old on four days of ten."""
    rng = np.random.default_rng(4)
    market = rng.normal(0.0, 0.01, 1100)
    late = rng.random((60, 1101)) < 0.4
    true = 1.5 * market + rng.normal(0.0, 0.005, (60, 1100))
    level = np.concatenate([np.zeros((60, 1)), true.cumsum(axis=1)], axis=1)
    level[:, 1:] = np.where(late[:, 1:], level[:, :-1], level[:, 1:])
    returns = np.vstack([market, np.diff(level, axis=1)])
    spec = StudySpec(estimation=Window(-1000, -11))
    rows, day0 = np.arange(1, 61), np.full(60, 1050)
    simple = run(returns, rows, day0, "market", spec).coefficients["beta"].mean()
    corrected = run(returns, rows, day0, model, spec).coefficients["beta"].mean()
    assert simple < 1.0
    assert corrected == pytest.approx(1.5, abs=0.06)


@pytest.mark.parametrize("model", CORRECTED)
def test_an_event_in_the_last_session_needs_no_market_of_tomorrow(model: str) -> None:
    returns = noise(32)
    one = run(returns, [1], [389], model)
    assert np.isfinite(one.abnormal[0]).all()
    longer = np.hstack([returns, noise(33)])
    np.testing.assert_array_equal(one.car, run(longer, [1], [389], model).car)


@pytest.mark.parametrize("model", ["scholes_williams", "dimson_fowler_rorke"])
def test_a_market_that_swings_back_has_no_correction(model: str) -> None:
    """ρ_m ≤ −½ makes 1 + 2ρ_m zero or negative."""
    returns = noise(34)
    returns[0] = 0.01 * (-1.0) ** np.arange(400) + 0.001 * returns[0]
    one = run(returns, [1], [300], model)
    assert one.unusable[NEGATIVE].tolist() == [True]
    assert one.unusable[COLLINEAR].tolist() == [False]
    assert np.isnan(one.sigma).all()
    assert np.isnan(one.scar).all()


@pytest.mark.parametrize("model", CORRECTED)
def test_a_constant_market_is_collinear(model: str) -> None:
    returns = noise(35)
    returns[0] = 0.001
    one = run(returns, [1], [300], model)
    assert [name for name, where in one.unusable.items() if where[0]] == [COLLINEAR]
    for values in (one.expected, one.abnormal, one.sigma, one.car, one.scar, one.bhar):
        assert np.isnan(values).all()


@pytest.mark.parametrize("model", CORRECTED)
def test_too_few_days(model: str) -> None:
    returns = noise(36)
    returns[1, 43:290] = np.nan
    one = run(returns, [1], [300], model)
    assert one.n_obs.tolist() == [3]
    exact = model == "scholes_williams"
    assert one.unusable[TOO_FEW].tolist() == [not exact]
    assert np.isfinite(one.sigma).tolist() == [exact]
