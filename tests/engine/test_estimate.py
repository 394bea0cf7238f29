"""The numeric path as a whole: the same bits however the observations are cut into blocks."""

from __future__ import annotations

from dataclasses import fields
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import MODELS, VECTORISED, noise, quick, run

import backtest.engine.estimate as module
from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import NO_VARIANCE, TOO_FEW
from backtest.engine.estimates import Estimates
from backtest.executors import executors
from backtest.spec import Missing, StudySpec, Window

pytestmark = pytest.mark.usefixtures("machine_code")

N = 150


def _job(seed: int) -> tuple[Floats, Ints, Ints]:
    returns = noise(seed, missing=0.02)
    rng = np.random.default_rng(seed)
    # Some windows stick out of the panel at either end.
    return returns, rng.integers(1, 12, N), rng.integers(150, 400, N)


def _flat(one: Estimates) -> dict[str, np.ndarray]:
    out = {}
    for field in fields(Estimates):
        value = getattr(one, field.name)
        if isinstance(value, dict):
            out |= {f"{field.name}: {key}": array for key, array in value.items()}
        else:
            out[field.name] = value
    return out


def _same_bits(one: Estimates, other: Estimates, order: Ints) -> None:
    there = _flat(other)
    for name, array in _flat(one).items():
        np.testing.assert_array_equal(array[order], there[name], err_msg=name)


@pytest.mark.parametrize("missing", ["strict", "lenient"])
@pytest.mark.parametrize("model", VECTORISED)
def test_bits_do_not_depend_on_blocks_or_order(
    model: str, missing: Missing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One changed event is recomputed alone; it must come out as it did among thousands."""
    returns, rows, day0 = _job(1)
    spec = StudySpec(missing=missing, min_obs=20)
    whole = run(returns, rows, day0, model, spec)
    rng = np.random.default_rng(2)
    for size in (1, 2, 3, 7, 64, N - 1):
        monkeypatch.setattr(module, "BLOCK", size)
        monkeypatch.setattr(module, "BLOCK_COMPILED", size)
        order = rng.permutation(N)
        _same_bits(whole, run(returns, rows[order], day0[order], model, spec), order)


@pytest.mark.parametrize("model", VECTORISED)
def test_bits_do_not_depend_on_threads(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 16)
    monkeypatch.setattr(module, "BLOCK_COMPILED", 16)
    returns, rows, day0 = _job(3)
    local = executors.get("local")
    one, four = (
        run(returns, rows, day0, model, map_blocks=partial(local.map, jobs=jobs)) for jobs in (1, 4)
    )
    _same_bits(one, four, np.arange(N))


@quick
@given(st.integers(0, 10**6))
def test_an_observation_does_not_see_the_others(seed: int) -> None:
    returns, rows, day0 = _job(seed)
    whole = run(returns, rows, day0)
    some = np.random.default_rng(seed).integers(0, N, 5)
    _same_bits(whole, run(returns, rows[some], day0[some]), some)


@pytest.mark.parametrize("model", MODELS)
def test_no_observations(model: str) -> None:
    one = run(noise(1), [], [], model)
    assert one.abnormal.shape == (0, 21)
    assert one.car.shape == (0, 6)
    assert all(array.shape[0] == 0 for array in _flat(one).values())


def test_windows_sticking_out_of_the_panel() -> None:
    """Days before the first and after the last session are missing, nothing else changes."""
    returns = noise(7)
    early, late = run(returns, [1], [200]), run(returns, [1], [395])
    assert early.n_obs.tolist() == [190]
    assert np.isfinite(early.abnormal).all()
    assert np.isnan(late.abnormal[0]).tolist() == [False] * 15 + [True] * 6
    there = dict(zip(map(str, StudySpec().cars), np.isfinite(late.car[0]).tolist(), strict=True))
    assert [window for window, known in there.items() if known] == ["0:0", "-1:1"]
    longer = np.hstack([returns, np.full((len(returns), 30), np.nan)])
    _same_bits(late, run(longer, [1], [395]), np.arange(1))


def test_an_event_window_longer_than_the_panel() -> None:
    spec = StudySpec(estimation=Window(-40, -31), window=Window(-30, 30), min_obs=5)
    one = run(noise(8, sessions=50), [1], [42], "mean", spec)
    assert one.n_obs.tolist() == [10]
    assert np.isfinite(one.abnormal).sum() == 38


def test_no_estimation_days_at_all() -> None:
    one = run(noise(9), [1], [5])
    assert one.n_obs.tolist() == [0]
    assert np.isnan(one.sigma).all()
    assert np.isnan(one.sar).all()
    assert np.isnan(one.scar).all()
    assert one.unusable[TOO_FEW].all()


@pytest.mark.parametrize("model", [model for model in MODELS if model != "matched"])
def test_a_constant_price_has_a_reason_and_no_statistic(model: str) -> None:
    returns = noise(10)
    returns[1] = 0.0
    returns[2] = returns[0]  # the benchmark itself
    returns[3] = 0.001  # grows by the same rate every day
    one = run(returns, [1, 2, 3, 4], [300] * 4, model)
    constant = {
        "mean": [True, False, True, False],
        "carhart": [True, False, True, False],
        "factors": [True, False, True, False],
        "ff3": [True, False, True, False],
        "ff5": [True, False, True, False],
        "ff6": [True, False, True, False],
        "market_adjusted": [False, True, False, False],
        # It finds the benchmark's own β to be nearly 1, not 1.
        "scholes_williams": [True, False, True, False],
        "dimson_fowler_rorke": [True, True, True, False],
    }.get(model, [True, True, True, False])
    assert one.unusable[NO_VARIANCE].tolist() == constant
    assert np.isnan(one.sigma).tolist() == constant
    assert np.isnan(one.scar).all(axis=1).tolist() == constant
    assert np.isnan(one.r_squared[constant]).all()


def test_a_duplicated_observation_counts_twice() -> None:
    one = run(noise(11), [1, 1, 2], [300, 300, 300])
    np.testing.assert_array_equal(one.car[0], one.car[1])
    assert not np.array_equal(one.car[0], one.car[2])
