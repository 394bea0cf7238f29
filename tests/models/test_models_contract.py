"""What every model of normal performance must do, tried on each plug-in that is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.studies import FACTORS, MODELS, ON_THEIR_OWN, noise, pool_of

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import Block, ExpectedReturnModel, Fit, Regressor
from backtest.engine.pool import Candidates
from backtest.models import model_for, models
from backtest.spec import StudySpec, Window

KEYS = models.keys()
IN_EXCESS = ("capm", "ff3", "carhart", "ff5", "ff6", "factors")
OWN = ("rf", "mkt_rf", "smb", "SMH")
"""What the model `factors` is given."""
COMMON = {"market": 0, "market@-1": -1, "market@+1": 1}
M, L, N = 120, 7, 9


def _block(seed: int = 1) -> Block:
    """Return 9 observations of 3 event days, some with missing days."""
    returns = noise(seed, securities=N + 1, sessions=M + L + 4)
    rng = np.random.default_rng(seed)
    group = np.arange(N) % 3
    own = np.stack([returns[1 + i, g + 1 : g + 1 + M + L] for i, g in enumerate(group)])
    own[4:][rng.random((N - 4, M + L)) < 0.05] = np.nan
    regressors = {}
    for name, shift in COMMON.items():
        series = np.stack([returns[0, g + 1 + shift :][: M + L] for g in range(3)])
        series[2, 10 - shift] = np.nan
        regressors[name] = Regressor(series[:, :M], series[:, M:])
    for name in (*FACTORS, "SMH"):
        series = rng.normal(0.0, 0.005, (3, M + L))
        regressors[name] = Regressor(series[:, :M], series[:, M:])
    pool = _pool(noise(seed + 1, securities=40, sessions=M + L + 2), group)
    return Block(own[:, :M].copy(), own[:, M:].copy(), group, regressors, pool=pool)


def _pool(returns: Floats, group: Ints) -> Candidates:
    """Return candidates of another world: what they are compared by is not tried here."""
    windows = (Window(-M, -1), Window(0, L - 1))
    return Candidates.of(pool_of(40), returns, np.arange(len(group)), M + group, windows)


def _fit(key: str, block: Block) -> Fit:
    options = {"factors": OWN} if key == "factors" else {}
    return model_for(key, StudySpec(models=(key,), **options)).fit(block)


def test_the_models_of_the_first_release_are_there() -> None:
    assert {"market", "market_adjusted", "mean"} <= set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_it_says_what_it_is(key: str) -> None:
    model = models.get(key)
    assert isinstance(model, ExpectedReturnModel)
    assert model.key == key
    assert model.title
    assert model.source
    assert model.formula.startswith("E[R] = ")
    assert "\n" not in model.formula
    assert isinstance(model.regressors, tuple)


@pytest.mark.parametrize("key", MODELS)
def test_shapes_and_finiteness(key: str) -> None:
    block = _block()
    fit = _fit(key, block)
    assert fit.expected.shape == (N, L)
    assert fit.residuals.shape == (N, M)
    assert fit.scaled_design.shape[:2] == (N, L)
    for values in (fit.n_obs, fit.dof, fit.sigma, fit.r_squared, *fit.coefficients.values()):
        assert values.shape == (N,)
    assert not any(where.any() for where in fit.unusable.values())
    assert np.isfinite(fit.sigma).all()
    assert (fit.sigma > 0).all()
    np.testing.assert_array_equal(np.isfinite(fit.residuals).sum(axis=1), fit.n_obs)
    assert not np.isfinite(fit.residuals[np.isnan(block.estimation)]).any()
    assert (fit.dof < fit.n_obs).all()


@pytest.mark.parametrize("key", MODELS)
def test_the_event_window_is_not_looked_at(key: str) -> None:
    """The event must not enter the estimate of what would have happened without it."""
    block = _block()
    moved = replace(block, event=block.event + 0.5)
    one, other = _fit(key, block), _fit(key, moved)
    for name in ("residuals", "sigma", "n_obs", "dof", "r_squared"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("key", MODELS)
def test_observations_do_not_see_each_other(key: str) -> None:
    block = _block()
    one = _fit(key, block)
    for i in range(N):
        group = block.group[i : i + 1] * 0
        alone = {
            name: Regressor(series.estimation[[block.group[i]]], series.event[[block.group[i]]])
            for name, series in block.regressors.items()
        }
        pool = block.pool
        assert pool is not None
        own = replace(
            pool,
            days=pool.days[[block.group[i]]],
            barred=pool.barred[[i]],
            own=pool.own[[i]],
            log_size=pool.log_size[[block.group[i]]],
        )
        one_block = Block(
            block.estimation[i : i + 1], block.event[i : i + 1], group, alone, pool=own
        )
        other = _fit(key, one_block)
        np.testing.assert_array_equal(one.expected[i], other.expected[0])
        np.testing.assert_array_equal(one.sigma[i], other.sigma[0])


@pytest.mark.parametrize("key", MODELS)
def test_the_unit_of_returns_does_not_matter(key: str) -> None:
    """In percent everything is a hundred times as large, and standardised the same."""
    block = _block()
    percent = Block(
        100 * block.estimation,
        100 * block.event,
        block.group,
        {
            name: Regressor(100 * one.estimation, 100 * one.event)
            for name, one in block.regressors.items()
        },
        pool=replace(block.pool, returns=100 * block.pool.returns) if block.pool else None,
    )
    one, other = _fit(key, block), _fit(key, percent)
    # A numerical maximum is found to about the root of the precision.
    near = 1e-5 if key == "garch" else 1e-9
    np.testing.assert_allclose(100 * one.sigma, other.sigma, rtol=near)
    np.testing.assert_allclose(100 * one.expected, other.expected, rtol=near, atol=near / 1000)
    np.testing.assert_allclose(_leverage(one), _leverage(other), rtol=10 * near)


def _leverage(fit: Fit) -> Floats:
    return (fit.scaled_design**2).sum(axis=2)


@pytest.mark.parametrize("key", MODELS)
def test_no_valid_day_is_a_reason(key: str) -> None:
    block = _block()
    block.estimation[3] = np.nan
    fit = _fit(key, block)
    hit = np.logical_or.reduce(list(fit.unusable.values()))
    assert hit.tolist() == [i == 3 for i in range(N)]
    assert fit.n_obs[3] == 0
    assert np.isnan(fit.sigma[3])


@pytest.mark.parametrize("key", ON_THEIR_OWN)
def test_few_days_give_numbers_or_a_reason(key: str) -> None:
    """Observation i has i valid days, some of them with the same market return."""
    block = _block()
    for series in block.regressors.values():
        series.estimation[1, 50:60] = 0.01
    for i in range(N):
        block.estimation[i, : 60 - i] = np.nan
        block.estimation[i, 60:] = np.nan
    fit = _fit(key, block)
    hit = np.logical_or.reduce(list(fit.unusable.values()))
    assert hit[0]
    np.testing.assert_array_equal(hit, ~np.isfinite(fit.sigma))
    assert (fit.sigma[~hit] > 0).all()
    _finite(fit, block, ~hit)


@pytest.mark.parametrize("key", ON_THEIR_OWN)
def test_series_that_do_not_move(key: str) -> None:
    """No price moves in group 0, the market does not in group 1; both do in group 2."""
    block = _block()
    block.estimation[block.group == 0] *= 0.0
    for series in block.regressors.values():
        series.estimation[1] = 0.0007
    fit = _fit(key, block)
    hit = np.logical_or.reduce(list(fit.unusable.values()))
    moves = {"mean": [1, 2], "market_adjusted": [0, 1, 2]}.get(key, [2])
    if key in IN_EXCESS:  # A risk-free return that moves is left of a price that does not.
        moves = [0, 2]
    np.testing.assert_array_equal(hit, ~np.isin(block.group, moves))
    _finite(fit, block, ~hit)
    assert np.isnan(fit.sigma[hit]).all()
    assert not np.isinf(fit.scaled_design).any()


def _finite(fit: Fit, block: Block, used: Bools) -> None:
    """Assert that nothing computed of these observations is empty where its inputs are there."""
    market = np.isfinite(block.regressors["market"].event[block.group])
    for values in (fit.expected, _leverage(fit)):
        assert np.isfinite(values[used & market.all(axis=1)]).all()
    for values in fit.coefficients.values():
        assert np.isfinite(values[used]).all()
    if fit.day_scale is not None:
        assert (fit.day_scale[used] > 0).all()
