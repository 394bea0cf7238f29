"""Huber's line and the Theil–Sen line, against one security at a time."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import noise, run

from backtest.engine.arrays import Floats
from backtest.engine.block import COLLINEAR, NO_VARIANCE, TOO_FEW
from backtest.models import _reweighting, theil_sen
from backtest.models.huber import NO_SCALE, UNSETTLED

SESSIONS = np.arange(40, 290)
EVENT = np.arange(290, 311)
ROBUST = ("huber", "theil_sen")


@pytest.fixture
def returns() -> Floats:
    values = noise(51, missing=0.03)
    values[0, [100, 289]] = np.nan
    # Fat tails.
    values[1:] += 0.1 * (np.random.default_rng(5).random((11, 400)) < 0.02)
    return values


def _points(returns: Floats, row: int) -> tuple[Floats, Floats]:
    days = np.isfinite(returns[0, SESSIONS] + returns[row, SESSIONS])
    return returns[row, SESSIONS][days], returns[0, SESSIONS][days]


@pytest.mark.parametrize("row", range(1, 6))
def test_huber_solves_its_equations(returns: Floats, row: int) -> None:
    """Σ ψ(e/scale) = 0 and Σ ψ(e/scale) R_m = 0 at the scale of its own residuals."""
    one = run(returns, [row], [300], "huber")
    y, m = _points(returns, row)
    e = y - one.coefficients["alpha"][0] - one.coefficients["beta"][0] * m
    scale = np.median(np.abs(e)) / 0.6744897501960817
    psi = np.clip(e / scale, -1.345, 1.345)
    assert abs(psi.sum()) < 1e-8
    assert abs((psi * m).sum()) < 1e-8 * np.abs(m).max()
    assert one.sigma[0] == pytest.approx(np.sqrt((e**2).sum() / (len(y) - 2)), rel=1e-12)
    assert (one.n_obs[0], one.dof[0]) == (len(y), len(y) - 2)


@pytest.mark.parametrize("row", range(1, 6))
def test_huber_minimises_its_loss(returns: Floats, row: int) -> None:
    """At the settled scale, SciPy's minimiser of the same loss finds the same line."""
    from scipy.optimize import minimize

    one = run(returns, [row], [300], "huber")
    alpha, beta = one.coefficients["alpha"][0], one.coefficients["beta"][0]
    y, m = _points(returns, row)
    scale = np.median(np.abs(y - alpha - beta * m)) / 0.6744897501960817

    def loss(line: Floats) -> float:
        u = np.abs(y - line[0] / 100 - line[1] * m) / scale
        return float(np.where(u <= 1.345, u**2 / 2, 1.345 * u - 1.345**2 / 2).sum())

    best = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert loss([100 * alpha, beta]) <= best.fun + 1e-9
    np.testing.assert_allclose([100 * alpha, beta], best.x, atol=1e-5)


@pytest.mark.parametrize("row", range(1, 4))
def test_forecast_error_of_huber(returns: Floats, row: int) -> None:
    """Huber (1981, §7.6), in matrices."""
    one = run(returns, [row], [300], "huber")
    y, m = _points(returns, row)
    e = y - one.coefficients["alpha"][0] - one.coefficients["beta"][0] * m
    scale = np.median(np.abs(e)) / 0.6744897501960817
    n, x = len(y), np.column_stack([np.ones(len(y)), m])
    share = (np.abs(e) <= 1.345 * scale).mean()
    correction = 1 + 2 / n * (1 - share) / share
    psi = np.clip(e / scale, -1.345, 1.345)
    kappa2 = correction**2 * (psi**2).sum() * scale**2 / (n - 2) / share**2
    ahead = np.column_stack([np.ones(21), returns[0, EVENT]])
    spread = kappa2 * np.einsum("lk,kj,lj->l", ahead, np.linalg.inv(x.T @ x), ahead)
    there = np.isfinite(one.abnormal[0])
    np.testing.assert_allclose(
        one.std_error[0][there], np.sqrt(one.sigma[0] ** 2 + spread)[there], rtol=1e-9
    )


def test_huber_without_outliers_is_least_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reweighting, "K", 1e3)
    returns = noise(52, missing=0.02)
    one, market = (run(returns, [1, 2], [300, 310], key) for key in ("huber", "market"))
    np.testing.assert_allclose(one.coefficients["beta"], market.coefficients["beta"], rtol=1e-10)


def test_huber_that_does_not_settle_says_so(
    returns: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_reweighting, "MOST_ROUNDS", 3)
    one = run(returns, [1, 2], [300] * 2, "huber")
    assert one.unusable[UNSETTLED].tolist() == [True, True]
    assert np.isnan(one.sigma).all()
    assert not one.unusable[COLLINEAR].any()


def test_huber_of_a_security_that_hardly_trades() -> None:
    returns = noise(53)
    returns[1, np.arange(400) % 5 > 0] = 0.0
    one = run(returns, [1], [300], "huber")
    assert [name for name, where in one.unusable.items() if where[0]] == [NO_SCALE]
    for values in (one.sigma, one.scar, one.expected):
        assert np.isnan(values).all()


@pytest.mark.parametrize("row", range(1, 6))
def test_theil_sen_is_scipy_s(returns: Floats, row: int) -> None:
    from scipy.stats import theilslopes

    one = run(returns, [row], [300], "theil_sen")
    y, m = _points(returns, row)
    slope, intercept, low, high = theilslopes(y, m, alpha=0.95, method="joint")
    assert one.coefficients["beta"][0] == pytest.approx(slope, rel=1e-13)
    assert one.coefficients["alpha"][0] == pytest.approx(intercept, abs=1e-15)
    e = y - intercept - slope * m
    s2 = (e**2).sum() / (len(y) - 2)
    assert one.sigma[0] == pytest.approx(np.sqrt(s2), rel=1e-12)
    by_rank = np.sort(e)
    half = 1.959963984540054 * np.sqrt(len(y)) / 2
    below, above = round(len(y) / 2 - half) - 1, round(len(y) / 2 + half)
    level = (by_rank[above] - by_rank[below]) / (2 * 1.959963984540054)
    tilt = (high - low) / (2 * 1.959963984540054)
    expected = np.sqrt(s2 + level**2 + (returns[0, EVENT] - m.mean()) ** 2 * tilt**2)
    there = np.isfinite(one.abnormal[0])
    np.testing.assert_allclose(one.std_error[0][there], expected[there], rtol=1e-10)


def test_theil_sen_with_ties_in_the_market() -> None:
    """Pairs of days with one market return have no slope."""
    from scipy.stats import theilslopes

    returns = noise(54)
    returns[0] = np.round(returns[0], 2)
    one = run(returns, [1], [300], "theil_sen")
    y, m = _points(returns, 1)
    slope, intercept, *_ = theilslopes(y, m, method="joint")
    assert one.coefficients["beta"][0] == pytest.approx(slope, rel=1e-13)
    assert one.coefficients["alpha"][0] == pytest.approx(intercept, abs=1e-15)


def test_theil_sen_does_not_depend_on_how_many_pairs_are_held(
    returns: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, day0 = np.arange(1, 10), np.full(9, 300)
    whole = run(returns, rows, day0, "theil_sen")
    for pairs in (1, 100_000):
        monkeypatch.setattr(theil_sen, "AT_ONCE", pairs)
        np.testing.assert_array_equal(whole.car, run(returns, rows, day0, "theil_sen").car)


@pytest.mark.parametrize("model", ROBUST)
def test_an_outlier_hardly_moves_the_line(model: str) -> None:
    """One day of +200 % in the estimation window; least squares is carried away."""
    returns = noise(55)
    spoilt = returns.copy()
    spoilt[1, 40 + np.argmax(returns[0, SESSIONS])] += 2.0

    def moved(key: str) -> float:
        pair = (run(one, [1], [300], key).coefficients["beta"][0] for one in (returns, spoilt))
        return abs(np.subtract(*pair))

    assert moved("market") > 0.5
    assert moved(model) < 0.05


@pytest.mark.parametrize("model", ROBUST)
def test_standard_errors_are_of_the_right_size(model: str) -> None:
    """400 normal securities of one market: predictions spread as the line's error says."""
    rng = np.random.default_rng(56)
    market = rng.normal(0.0, 0.01, 300)
    own = 1.2 * market + rng.normal(0.0, 0.02, (400, 300))
    returns = np.vstack([market, own])
    one = run(returns, np.arange(1, 401), np.full(400, 270), model)
    assert one.n_obs[0] == 250
    said = (one.std_error**2 - one.sigma[:, None] ** 2).mean(axis=0)
    was = ((one.expected - 1.2 * market[260:281]) ** 2).mean(axis=0)
    assert (was / said).mean() == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("model", ROBUST)
def test_reasons(model: str) -> None:
    returns = noise(57)
    returns[1, SESSIONS[2:]] = np.nan
    returns[2, SESSIONS] = np.nan
    returns[3, SESSIONS] = 0.002
    one = run(returns, [1, 2, 3, 4], [300] * 4, model)
    assert one.unusable[TOO_FEW].tolist() == [True, True, False, False]
    assert one.unusable[NO_VARIANCE].tolist() == [False, False, True, False]
    returns[0] = 0.001
    one = run(returns, [4], [300], model)
    assert [name for name, where in one.unusable.items() if where[0]] == [COLLINEAR]
    for values in (one.sigma, one.scar, one.expected, one.abnormal, one.bhar):
        assert np.isnan(values).all()
