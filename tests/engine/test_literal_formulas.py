"""The engine against the formulas as METHODS writes them, one event at a time with lstsq.

Slow on purpose, and sharing nothing with the package: windows by slices, estimates by
`numpy.linalg.lstsq`, variances from the inverse of X'X.
"""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import FACTORS, factors, noise, run

from backtest.engine.arrays import Floats
from backtest.engine.estimates import Estimates
from backtest.spec import Missing, StudySpec, Window

pytestmark = pytest.mark.usefixtures("machine_code")

SESSIONS, START, END, BEGIN = 640, -260, -11, -10
CARS = (Window(0, 0), Window(-1, 1), Window(-10, 10))
FACTOR_MODELS = {"ff3": FACTORS[:3], "ff6": FACTORS[:6]}


def gaps(returns: Floats) -> None:
    """A tenth of all days is missing, the benchmark's too."""
    holes = np.random.default_rng(8).random(returns.shape) < 0.1
    returns[holes] = np.nan


def late(returns: Floats) -> None:
    """Half of the securities are listed in the middle of the estimation window."""
    returns[6:, :250] = np.nan


def constant(returns: Floats) -> None:
    """A price stands still for most of the estimation window, another one always."""
    returns[3, 150:330] = 0.0
    returns[4] = 0.0


def doubled(returns: Floats) -> None:
    """Every other day repeats the day before it."""
    returns[:, 1::2] = returns[:, ::2]


def extreme(returns: Floats) -> None:
    """Returns of a millionth of a per cent, and of thousands of per cent."""
    returns[1:4] *= 1e-8
    returns[4:7] *= 1e3


def usual(_: Floats) -> None:
    """Nothing is odd."""


@pytest.mark.parametrize("missing", ["strict", "lenient"])
@pytest.mark.parametrize("model", ["mean", "market", "market_adjusted", *FACTOR_MODELS])
@pytest.mark.parametrize("odd", [usual, gaps, late, constant, doubled, extreme])
def test_every_event_alone(odd, model: str, missing: Missing) -> None:  # type: ignore[no-untyped-def]
    returns = noise(21, sessions=SESSIONS, missing=0.0)
    odd(returns)
    rng = np.random.default_rng(4)
    rows, day0 = rng.integers(1, len(returns), 40), rng.integers(270, SESSIONS - 11, 40)
    day0[:8] = day0[8]
    spec = StudySpec(cars=CARS, missing=missing, min_obs=30)
    found = run(returns, rows, day0, model, spec)
    common = factors(SESSIONS)
    checked = 0
    for i, (row, day) in enumerate(zip(rows, day0, strict=True)):
        if any(where[i] for where in found.unusable.values()):
            continue
        _check(found, i, returns[row], _design(model, returns[0], common), int(day), missing)
        checked += 1
    assert checked >= 20


def _design(model: str, market: Floats, common: Floats) -> tuple[Floats, Floats]:
    """Return the regressors (S, K) and what is taken off the security's return (S,)."""
    one = np.ones(len(market))
    if model == "mean":
        return one[:, None], 0.0 * one
    if model == "market":
        return np.column_stack([one, market]), 0.0 * one
    if model == "market_adjusted":
        return np.empty((len(market), 0)), market
    series = dict(zip(FACTORS, common, strict=True))
    columns = [series[name] for name in FACTOR_MODELS[model]]
    return np.column_stack([one, *columns]), series["rf"]


def _check(
    found: Estimates,
    i: int,
    security: Floats,
    model: tuple[Floats, Floats],
    day: int,
    missing: Missing,
) -> None:
    x, taken = model
    y = security - taken
    whole = np.isfinite(y) & np.isfinite(x).all(axis=1)
    own = np.arange(day + START, day + END + 1)
    own = own[whole[own]]
    count, k = len(own), x.shape[1]
    beta, *_ = np.linalg.lstsq(x[own], y[own], rcond=None)
    errors = y[own] - x[own] @ beta
    # Without coefficients s² is about the mean residual.
    squares = ((errors - errors.mean()) ** 2).sum() if k == 0 else (errors**2).sum()
    variance = squares / (count - max(k, 1))
    inverse = np.linalg.inv(x[own].T @ x[own])
    assert (found.n_obs[i], found.dof[i]) == (count, count - max(k, 1))
    assert found.sigma[i] == pytest.approx(np.sqrt(variance), rel=1e-10)
    tau = np.arange(day + BEGIN, day - BEGIN + 1)
    abnormal = y[tau] - x[tau] @ beta
    there = whole[tau]
    forecast = np.sqrt(variance * (1.0 + np.einsum("tk,kl,tl->t", x[tau], inverse, x[tau])))
    scale = np.nanmax(np.abs(y[own]))
    np.testing.assert_array_equal(np.isfinite(found.abnormal[i]), there)
    np.testing.assert_allclose(
        found.abnormal[i], np.where(there, abnormal, np.nan), rtol=1e-10, atol=1e-12 * scale
    )
    np.testing.assert_allclose(found.std_error[i][there], forecast[there], rtol=1e-10)
    for place, car in enumerate(CARS):
        inside = there & (tau >= day + car.start) & (tau <= day + car.end)
        full = inside.sum() == len(car)
        if not (full if missing == "strict" else inside.any()):
            assert np.isnan(found.car[i, place])
            continue
        q = x[tau][inside].sum(axis=0)
        error = np.sqrt(variance * (inside.sum() + q @ inverse @ q))
        total = abnormal[inside].sum()
        assert found.car[i, place] == pytest.approx(total, rel=1e-10, abs=1e-12 * scale)
        assert found.car_error[i, place] == pytest.approx(error, rel=1e-10)
        assert found.scar[i, place] == pytest.approx(
            total / error, rel=1e-9, abs=1e-12 * scale / error
        )
