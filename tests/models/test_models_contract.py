"""What every model of normal performance must do, tried on each plug-in that is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.studies import FACTORS, noise, pool_of

from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import Block, ExpectedReturnModel, Fit, Regressor
from backtest.engine.pool import Candidates
from backtest.models import model_for, models
from backtest.spec import StudySpec, Window

KEYS = models.keys()
OWN = ("rf", "mkt_rf", "smb", "SMH")
"""What the model `factors` is given."""
M, L, N = 120, 7, 9


def _block(seed: int = 1) -> Block:
    """Return 9 observations of 3 event days, some with missing days."""
    returns = noise(seed, securities=N + 1, sessions=M + L + 2)
    rng = np.random.default_rng(seed)
    group = np.arange(N) % 3
    own = np.stack([returns[1 + i, g : g + M + L] for i, g in enumerate(group)])
    own[4:][rng.random((N - 4, M + L)) < 0.05] = np.nan
    market = np.stack([returns[0, g : g + M + L] for g in range(3)])
    market[2, 10] = np.nan
    others = {name: rng.normal(0.0, 0.005, market.shape) for name in (*FACTORS, "SMH")}
    common = {"market": market, **others}
    return Block(
        own[:, :M].copy(),
        own[:, M:].copy(),
        group,
        {name: Regressor(values[:, :M], values[:, M:]) for name, values in common.items()},
        _pool(noise(seed + 1, securities=40, sessions=M + L + 2), group),
    )


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
    assert isinstance(model.regressors, tuple)


@pytest.mark.parametrize("key", KEYS)
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


@pytest.mark.parametrize("key", KEYS)
def test_the_event_window_is_not_looked_at(key: str) -> None:
    """The event must not enter the estimate of what would have happened without it."""
    block = _block()
    moved = replace(block, event=block.event + 0.5)
    one, other = _fit(key, block), _fit(key, moved)
    for name in ("residuals", "sigma", "n_obs", "dof", "r_squared"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("key", KEYS)
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
        one_block = Block(block.estimation[i : i + 1], block.event[i : i + 1], group, alone, own)
        other = _fit(key, one_block)
        np.testing.assert_array_equal(one.expected[i], other.expected[0])
        np.testing.assert_array_equal(one.sigma[i], other.sigma[0])


@pytest.mark.parametrize("key", KEYS)
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
        replace(block.pool, returns=100 * block.pool.returns) if block.pool else None,
    )
    one, other = _fit(key, block), _fit(key, percent)
    np.testing.assert_allclose(100 * one.sigma, other.sigma, rtol=1e-9)
    np.testing.assert_allclose(100 * one.expected, other.expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(_leverage(one), _leverage(other), rtol=1e-9)


def _leverage(fit: Fit) -> Floats:
    return (fit.scaled_design**2).sum(axis=2)


@pytest.mark.parametrize("key", KEYS)
def test_no_valid_day_is_a_reason(key: str) -> None:
    block = _block()
    block.estimation[3] = np.nan
    fit = _fit(key, block)
    hit = np.logical_or.reduce(list(fit.unusable.values()))
    assert hit.tolist() == [i == 3 for i in range(N)]
    assert fit.n_obs[3] == 0
    assert np.isnan(fit.sigma[3])
