"""GARCH(1,1) errors: the best known likelihoods, and what the forecast variances are made of."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from support.studies import SHARED, needs_arch, needs_shared, noise, run

import backtest.engine.estimate as module
from backtest.engine.arrays import Floats
from backtest.engine.block import Block, Regressor
from backtest.engine.estimates import Estimates
from backtest.errors import BadUsage
from backtest.models import _garch_likelihood, garch, models
from backtest.spec import StudySpec, Window

ROOT = Path(__file__).parents[2]
FOLDER = SHARED / "reference" / "ai_deals"
PARAMETERS = ("alpha", "beta", "omega", "alpha1", "beta1")
SPEC = StudySpec(estimation=Window(-120, -6), window=Window(-2, 4), cars=(Window(-2, 4),))
"""Three sessions lie between the windows."""


def _log_likelihood(y: Floats, x: Floats, parameters: Floats) -> float:
    """Return the Gaussian log-likelihood, day by day; the first variance is the mean of e²."""
    alpha, beta, omega, alpha1, beta1 = parameters
    e = y - alpha - beta * x
    h = (e**2).mean()
    total = 0.0
    for error in e:
        total -= 0.5 * (np.log(2 * np.pi * h) + error**2 / h)
        h = omega + alpha1 * error**2 + beta1 * h
    return float(total)


def _parameters(one: Estimates, row: int) -> Floats:
    return np.array([one.coefficients[name][row] for name in PARAMETERS])


@pytest.fixture(scope="module")
def returns() -> Floats:
    """Security 1 has all prices, 2 lacks some, 3 the last days of the estimation window."""
    values = noise(71, securities=4, sessions=160)
    rng = np.random.default_rng(72)
    h = 4e-4
    for day in range(160):
        e = np.sqrt(h) * rng.normal()
        values[1:, day] = 1.2 * values[0, day] + e * np.array([1.0, 1.1, 0.9])
        h = 4e-5 + 0.25 * e**2 + 0.65 * h
    values[2, rng.integers(30, 140, 8)] = np.nan
    values[3, 140:145] = np.nan
    return values


@pytest.fixture(scope="module")
def fitted(returns: Floats) -> Estimates:
    return run(returns, [1, 2, 3], [150] * 3, "garch", SPEC)


@needs_arch
@needs_shared[0]
@needs_shared[1]
def test_the_best_known_likelihoods_are_reached() -> None:
    """Eight real events; a fitter from one start stays up to 10 below on four of them."""
    frames = [
        pl.read_csv(FOLDER / f"{one}.csv", try_parse_dates=True) for one in ("prices", "market")
    ]
    prices = pl.concat(frames).pivot("ticker", index="date", values="close").sort("date")
    events = pl.read_csv(FOLDER / "events.csv", try_parse_dates=True)
    best = pl.read_csv(FOLDER / "garch_mle.csv")
    y, x = [], []
    for ticker, date in zip(events["ticker"], events["event_date"], strict=True):
        at = prices["date"].search_sorted(date)
        for name, out in ((ticker, y), ("SPY", x)):
            close = prices[name].to_numpy()[at - 261 : at - 10]
            out.append(close[1:] / close[:-1] - 1)
    own, market = np.array(y), np.array(x)
    block = Block(own, own[:, :1], np.arange(8), {"market": Regressor(market, market[:, :1])})
    fit = models.get("garch").fit(block)
    for row, known in enumerate(best.iter_rows(named=True)):
        found = np.array([fit.coefficients[name][row] for name in PARAMETERS])
        reached = _log_likelihood(own[row], market[row], found)
        theirs = [known[name] for name in ("mu", "beta", "omega", "alpha1", "beta1")]
        assert reached > known["own_mle_llh"] - 1e-5
        # All on the same maximum; nobody has found a better one.
        assert reached < known["own_mle_llh"] + 1e-3
        np.testing.assert_allclose(found, theirs, atol=1e-3)


@needs_arch
@pytest.mark.parametrize("row", [0, 1, 2])
def test_no_point_nearby_is_better(returns: Floats, fitted: Estimates, row: int) -> None:
    days = slice(30, 145)
    y, x = returns[row + 1, days], returns[0, days]
    there = np.isfinite(y)
    found = _parameters(fitted, row)
    best = _log_likelihood(y[there], x[there], found)
    rng = np.random.default_rng(73)
    scale = np.array([1e-3, 0.1, 3e-5, 0.1, 0.1])
    tried = 0
    for size in np.repeat([1e-3, 1e-2, 0.1, 1.0], 50):
        other = found + size * scale * rng.normal(size=5)
        if (other[2:] >= 0).all() and other[3] + other[4] <= 1:
            tried += 1
            assert _log_likelihood(y[there], x[there], other) <= best + 1e-6
    assert tried > 50
    assert fitted.n_obs[row] == there.sum()
    assert fitted.dof[row] == there.sum() - 5


@needs_arch
@pytest.mark.parametrize("row", [0, 1, 2])
def test_forecast_variances_by_day(returns: Floats, fitted: Estimates, row: int) -> None:
    """One observation at a time, derivatives by finite differences."""
    days = slice(30, 145)
    y, x = returns[row + 1, days], returns[0, days]
    there = np.isfinite(y)
    skipped = 3 + (5 if row == 2 else 0)
    y, x = y[there], x[there]
    alpha, beta, omega, alpha1, beta1 = _parameters(fitted, row)

    def variances(line: Floats) -> Floats:
        e = y - line[0] - line[1] * x
        h = [(e**2).mean()]
        for error in e:
            h.append(omega + alpha1 * error**2 + beta1 * h[-1])
        return np.array(h)

    line = np.array([alpha, beta])
    h = variances(line)
    step = 1e-6
    tilt = np.array(
        [(variances(line + one) - variances(line - one)) / (2 * step) for one in step * np.eye(2)]
    )[:, :-1]
    design = np.stack([np.ones(len(x)), x])
    information = (design / h[:-1]) @ design.T + 0.5 * (tilt / h[:-1] ** 2) @ tilt.T
    covariance = np.linalg.inv(information)
    path = [h[-1]]
    for _ in range(skipped + 6):
        path.append(omega + (alpha1 + beta1) * path[-1])
    own = np.array(path[skipped:])
    event = slice(148, 155)
    ahead = np.stack([np.ones(7), returns[0, event]])
    spread = np.einsum("kl,kj,jl->l", ahead, covariance, ahead)
    np.testing.assert_allclose(fitted.std_error[row], np.sqrt(own + spread), rtol=1e-6)
    q = ahead.sum(axis=1)
    car = np.sqrt(own.sum() + q @ covariance @ q)
    assert fitted.car_error[row, 0] == pytest.approx(car, rel=1e-6)
    abnormal = returns[row + 1, event] - alpha - beta * returns[0, event]
    np.testing.assert_allclose(fitted.abnormal[row], abnormal, atol=1e-12)
    assert fitted.scar[row, 0] == pytest.approx(abnormal.sum() / car, rel=1e-6)


@needs_arch
def test_a_shock_before_the_event_widens_its_errors(returns: Floats) -> None:
    calm = returns.copy()
    shaken = returns.copy()
    shaken[1, 144] += 0.15
    one, other = (run(values, [1], [150], "garch", SPEC) for values in (calm, shaken))
    ratio = other.std_error[0] / one.std_error[0]
    assert ratio[0] > 1.3
    assert (np.diff(other.std_error[0] ** 2 / other.sigma[0] ** 2) < 0.02).all()


@needs_arch
def test_under_lenient_the_variances_of_the_days_there_are_summed(returns: Floats) -> None:
    gap = returns.copy()
    gap[1, 150] = np.nan
    # Under strict no CAR, under lenient the other six days.
    lenient = replace(SPEC, missing="lenient", cars=(Window(-2, 4), Window(-2, -1), Window(1, 4)))
    one = run(gap, [1], [150], "garch", lenient)
    assert one.n_days[0].tolist() == [6, 2, 4]
    whole = run(returns, [1], [150], "garch", replace(lenient, missing="strict"))
    np.testing.assert_array_equal(one.car_error[0, 1:], whole.car_error[0, 1:])
    # More than the parts', because they share the estimated line; less than with the seventh day.
    assert (one.car_error[0, 1:] ** 2).sum() < one.car_error[0, 0] ** 2 < whole.car_error[0, 0] ** 2


@needs_arch
def test_bits_do_not_depend_on_blocks(
    returns: Floats, fitted: Estimates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 1)
    alone = run(returns, [3, 1, 2], [150] * 3, "garch", SPEC)
    for name in ("std_error", "car_error", "expected", "sigma"):
        np.testing.assert_array_equal(getattr(alone, name)[[1, 2, 0]], getattr(fitted, name))


@needs_arch
def test_without_a_maximum_there_is_a_reason(
    returns: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_garch_likelihood, "REACHED", ())
    one = run(returns, [1], [150], "garch", SPEC)
    assert [name for name, where in one.unusable.items() if where[0]] == [garch.NO_MAXIMUM]
    for values in (one.sigma, one.std_error, one.car_error, one.expected):
        assert np.isnan(values).all()


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("arch", "arch.univariate"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BadUsage, match="needs the library arch, which is not installed") as caught:
        run(noise(74), [1], [300], "garch")
    assert "pip install" in str(caught.value)


def test_a_library_that_is_broken_is_not_called_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ModuleNotFoundError("No module named 'statsmodels'", name="statsmodels")

    monkeypatch.setattr(_garch_likelihood.importlib, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="statsmodels"):
        _garch_likelihood.climber()


def test_the_library_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys; from backtest.models import models; models.get('garch'); " + (
        "print([name for name in ('arch', 'statsmodels', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
