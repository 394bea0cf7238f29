"""Exponentially weighted least squares against weighted regressions written out."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import block_of, noise, run

from backtest.engine.arrays import Floats
from backtest.engine.block import COLLINEAR, TOO_FEW
from backtest.models import ewls, models

SESSIONS = np.arange(40, 290)
EVENT = np.arange(290, 311)


@pytest.fixture
def returns() -> Floats:
    values = noise(41, missing=0.03)
    values[0, [100, 289]] = np.nan
    return values


@pytest.mark.parametrize("row", range(1, 6))
def test_against_the_hat_matrix(returns: Floats, row: int) -> None:
    one = run(returns, [row], [300], "ewls")
    days = np.isfinite(returns[0, SESSIONS] + returns[row, SESSIONS])
    y, m = returns[row, SESSIONS][days], returns[0, SESSIONS][days]
    w = 0.5 ** ((289 - SESSIONS[days]) / 60)
    x = np.column_stack([np.ones(len(y)), m])
    root = np.sqrt(w)[:, None]
    b = np.linalg.lstsq(root * x, root[:, 0] * y, rcond=None)[0]
    solve = np.linalg.inv(x.T @ (w[:, None] * x)) @ x.T * w
    e = y - x @ b
    s2 = (w * e**2).sum() / (w.sum() - np.trace(np.diag(w) @ x @ solve))
    np.testing.assert_allclose(
        [one.coefficients["alpha"][0], one.coefficients["beta"][0]], b, rtol=1e-9
    )
    assert one.sigma[0] == pytest.approx(np.sqrt(s2), rel=1e-10)
    assert one.n_obs[0] == len(y)
    assert one.dof[0] == int(w.sum() ** 2 / (w**2).sum()) - 2
    ahead = np.column_stack([np.ones(21), returns[0, EVENT]])
    there = np.isfinite(returns[row, EVENT] + returns[0, EVENT])
    spread = 1 + ((ahead @ solve) ** 2).sum(axis=1)
    np.testing.assert_allclose(one.std_error[0][there], np.sqrt(s2 * spread)[there], rtol=1e-10)
    assert np.isnan(one.std_error[0][~there]).all()
    centre = (w * y).sum() / w.sum()
    assert one.r_squared[0] == pytest.approx(
        1 - (w * e**2).sum() / (w * (y - centre) ** 2).sum(), rel=1e-9
    )


def test_equal_weights_are_the_market_model(
    returns: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ewls, "HALF_LIFE", 1e15)
    rows, day0 = [1, 2, 3], [300, 310, 320]
    one, market = (run(returns, rows, day0, key) for key in ("ewls", "market"))
    for name in ("expected", "sigma", "car_error", "r_squared"):
        np.testing.assert_allclose(getattr(one, name), getattr(market, name), rtol=1e-8, atol=1e-15)
    assert (abs(one.dof - market.dof) <= 1).all()


def test_a_beta_that_changed_is_followed() -> None:
    returns = noise(42, sessions=400)
    returns[1, :230] = 0.5 * returns[0, :230]
    returns[1, 230:] = 1.5 * returns[0, 230:]
    one, market = (run(returns, [1], [300], key) for key in ("ewls", "market"))
    assert market.coefficients["beta"][0] < 0.9
    assert one.coefficients["beta"][0] == pytest.approx(1.0, abs=0.1)


def test_s2_is_unbiased_and_the_forecast_error_right() -> None:
    """20,000 securities of one market: mean of s² and of the squared forecast errors."""
    rng = np.random.default_rng(43)
    market = rng.normal(0, 0.01, 61)
    own = 0.001 + 1.2 * market + rng.normal(0, 0.02, (20_000, 61))
    block = block_of(own[:, :60], own[:, 60:], market)
    fit = models.get("ewls").fit(block)
    assert (fit.sigma**2).mean() == pytest.approx(0.02**2, rel=0.006)
    leverage = (fit.scaled_design[0, 0] ** 2).sum()
    errors = own[:, 60] - fit.expected[:, 0]
    assert errors.var() == pytest.approx(0.02**2 * (1 + leverage), rel=0.02)


def test_reasons(returns: Floats) -> None:
    returns[1, SESSIONS[2:]] = np.nan
    returns[2, SESSIONS] = np.nan
    one = run(returns, [1, 2, 3], [300] * 3, "ewls")
    assert one.unusable[TOO_FEW].tolist() == [True, True, False]
    returns[0] = 0.0
    one = run(returns, [3], [300], "ewls")
    assert [name for name, where in one.unusable.items() if where[0]] == [COLLINEAR]
    assert np.isnan(one.scar).all()
