"""Linear models: any number of regressors, R², and reasons instead of numbers."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import block_of, run

from backtest.engine.block import COLLINEAR, NO_VARIANCE, TOO_FEW, Block, Regressor
from backtest.engine.linear import fit_linear


def _block(k: int) -> tuple[Block, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(k)
    factors = rng.normal(0, 0.01, (k, 80))
    returns = rng.normal(0, 0.02, (4, 80)) + factors.sum(axis=0)
    returns[1, 3] = np.nan
    regressors = {
        f"f{i}": Regressor(one[None, :60], one[None, 60:]) for i, one in enumerate(factors)
    }
    block = Block(returns[:, :60], returns[:, 60:], np.zeros(4, dtype=np.int64), regressors)
    return block, factors, returns


@pytest.mark.parametrize("k", [1, 3, 6])
def test_any_number_of_factors(k: int) -> None:
    block, factors, returns = _block(k)
    names = tuple(block.regressors)
    fit = fit_linear(block, names, ("alpha", *names))
    design = np.stack([np.ones(80), *factors], axis=1)
    for i in range(4):
        days = np.flatnonzero(np.isfinite(returns[i, :60]))
        b, ssr, _, _ = np.linalg.lstsq(design[days], returns[i, days], rcond=None)
        sst = ((returns[i, days] - returns[i, days].mean()) ** 2).sum()
        assert [fit.coefficients[name][i] for name in ("alpha", *names)] == pytest.approx(
            b.tolist(), abs=1e-13
        )
        assert fit.dof[i] == len(days) - k - 1
        assert fit.sigma[i] == pytest.approx(np.sqrt(ssr[0] / fit.dof[i]), rel=1e-12)
        assert fit.r_squared[i] == pytest.approx(1 - ssr[0] / sst, rel=1e-10)
        np.testing.assert_allclose(fit.expected[i], design[60:] @ b, atol=1e-14)
    assert not any(where.any() for where in fit.unusable.values())


def test_r_squared_does_not_depend_on_the_level() -> None:
    rng = np.random.default_rng(1)
    market = rng.normal(0, 0.01, 100)
    returns = 1.2 * market + rng.normal(0, 0.01, 100)
    one, shifted = (
        fit_linear(
            block_of((level + returns)[None], np.zeros((1, 1)), np.append(market, 0.0)),
            ("market",),
            ("alpha", "beta"),
        )
        for level in (0.0, 1e4)
    )
    assert shifted.r_squared[0] == pytest.approx(one.r_squared[0], rel=1e-6)


def test_a_mean_explains_nothing() -> None:
    one = run(np.random.default_rng(2).normal(0.01, 0.02, (3, 400)), [1, 2], [300, 300], "mean")
    np.testing.assert_allclose(one.r_squared, 0.0, atol=1e-14)


def test_a_constant_benchmark_is_a_reason() -> None:
    rng = np.random.default_rng(3)
    returns = rng.normal(0, 0.02, (2, 21))
    block = block_of(returns[:, :20], returns[:, 20:], np.full(21, 0.001))
    fit = fit_linear(block, ("market",), ("alpha", "beta"))
    assert fit.unusable[COLLINEAR].all()
    for values in (*fit.coefficients.values(), fit.sigma, fit.r_squared, fit.expected):
        assert np.isnan(values).all()


@pytest.mark.parametrize(("days", "reason"), [(2, TOO_FEW), (3, None)])
def test_freedom_is_needed(days: int, reason: str | None) -> None:
    rng = np.random.default_rng(4)
    returns = np.full((1, 30), np.nan)
    returns[0, :days] = rng.normal(size=days)
    fit = fit_linear(
        block_of(returns, np.zeros((1, 2)), rng.normal(size=32)), ("market",), ("alpha", "beta")
    )
    assert fit.dof.tolist() == [days - 2]
    found = [why for why, where in fit.unusable.items() if where[0]]
    assert found == ([] if reason is None else [reason])
    assert np.isnan(fit.sigma[0]) == (reason is not None)


def test_a_perfect_fit_is_no_variance() -> None:
    market = np.random.default_rng(5).normal(0, 0.01, 32)
    returns = (0.001 + 2 * market)[None]
    fit = fit_linear(
        block_of(returns[:, :30], returns[:, 30:], market), ("market",), ("alpha", "beta")
    )
    assert fit.unusable[NO_VARIANCE].all()
    assert fit.coefficients["beta"][0] == pytest.approx(2.0)
    assert np.isnan(fit.sigma[0])
