"""Batched least squares against one regression at a time, and against exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import quick

from backtest.engine.arrays import Floats
from backtest.engine.least_squares import solve


def _problem(seed: int, k: int, missing: float) -> tuple[Floats, Floats, np.ndarray]:
    """Return responses (n, M), designs (g, K, M) with a constant first, and groups (n,)."""
    rng = np.random.default_rng(seed)
    n, g, m = 9, 3, 30
    x = rng.normal(size=(g, k, m))
    x[:, 0] = 1.0
    x[:, 1:][rng.random((g, k - 1, m)) < missing / 4] = np.nan
    y = rng.normal(size=(n, m))
    y[rng.random((n, m)) < missing] = np.nan
    return y, x, rng.integers(0, g, n)


@quick
@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([0.0, 0.05, 0.4]))
def test_each_row_is_its_own_regression(seed: int, k: int, missing: float) -> None:
    y, x, group = _problem(seed, k, missing)
    solution = solve(y, x, group)
    for i, g in enumerate(group):
        days = np.isfinite(y[i]) & np.isfinite(x[g]).all(axis=0)
        design = x[g][:, days].T
        expected = np.linalg.lstsq(design, y[i, days], rcond=None)[0]
        errors = y[i, days] - design @ expected
        assert solution.n_obs[i] == days.sum()
        np.testing.assert_allclose(solution.coefficients[i], expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(solution.residuals[i, days], errors, rtol=0, atol=1e-12)
        assert np.isnan(solution.residuals[i, ~days]).all()
        np.testing.assert_allclose(solution.ssr[i], errors @ errors, rtol=1e-12)
        spread = solution.inverse_r[i] @ solution.inverse_r[i].T
        np.testing.assert_allclose(spread, np.linalg.inv(design.T @ design), rtol=1e-10, atol=1e-14)
    assert not solution.deficient.any()


def test_a_shared_design_gives_the_bits_of_an_own_one() -> None:
    y, x, group = _problem(4, 3, 0.0)
    y[::2, 5] = np.nan
    together = solve(y, x, group)
    for i, g in enumerate(group):
        alone = solve(y[i : i + 1], x[g : g + 1], np.zeros(1, dtype=np.int64))
        for name in ("coefficients", "residuals", "ssr", "inverse_r"):
            np.testing.assert_array_equal(getattr(together, name)[i], getattr(alone, name)[0])


def test_a_large_mean_does_not_eat_the_digits() -> None:
    rng = np.random.default_rng(11)
    x = 1e6 + rng.normal(size=250)
    y = 0.3 + 1.7 * x + rng.normal(size=250)
    solution = solve(y[None], np.stack([np.ones(250), x])[None], np.zeros(1, dtype=np.int64))
    alpha, beta, ssr = _exact_line(x, y)
    assert solution.coefficients[0, 1] == pytest.approx(beta, rel=1e-10)
    assert solution.ssr[0] == pytest.approx(ssr, rel=1e-10)
    fitted = solution.coefficients[0, 0] + solution.coefficients[0, 1] * (1e6 + 2)
    assert fitted == pytest.approx(alpha + beta * (1e6 + 2), rel=1e-14)
    assert not solution.deficient[0]


def _exact_line(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Return α, β and the sum of squared residuals in rational arithmetic."""
    xs, ys = [Fraction(value) for value in x], [Fraction(value) for value in y]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    beta = sum((a - x_mean) * (b - y_mean) for a, b in zip(xs, ys, strict=True)) / sum(
        (a - x_mean) ** 2 for a in xs
    )
    alpha = y_mean - beta * x_mean
    ssr = sum((b - alpha - beta * a) ** 2 for a, b in zip(xs, ys, strict=True))
    return float(alpha), float(beta), float(ssr)


CONSTANT = np.full(30, 0.0123)


@pytest.mark.parametrize(
    "regressors",
    [
        pytest.param([CONSTANT], id="constant"),
        pytest.param([CONSTANT * 0], id="zero"),
        pytest.param([CONSTANT * 1e9], id="large constant"),
        pytest.param([np.arange(30.0), 3 * np.arange(30.0)], id="multiples"),
        pytest.param([np.arange(30.0), np.arange(30.0) + 7], id="shifted"),
        pytest.param([np.where(np.arange(30) == 4, 1.0, 0.0)], id="varies on a missing day only"),
        pytest.param([np.full(30, np.nan)], id="missing"),
    ],
)
def test_rank_deficiency_is_flagged_and_nothing_passes_for_a_number(
    regressors: list[Floats],
) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(2, 30))
    y[:, 4] = np.nan
    x = np.stack([np.ones(30), *regressors])[None]
    solution = solve(y, x, np.zeros(2, dtype=np.int64))
    assert solution.deficient.all()
    assert np.isnan(solution.coefficients).all()
    assert np.isnan(solution.ssr).all()
    assert np.isnan(solution.residuals).all()


def test_a_deficient_row_leaves_its_neighbours_alone() -> None:
    y, x, _ = _problem(7, 2, 0.0)
    x[1, 1] = 0.5
    good = solve(y, x[:1], np.zeros(len(y), dtype=np.int64))
    mixed = solve(y, x, np.arange(len(y)) % 2)
    assert mixed.deficient.tolist() == [False, True] * 4 + [False]
    np.testing.assert_array_equal(mixed.coefficients[::2], good.coefficients[::2])


def test_no_rows() -> None:
    solution = solve(np.empty((0, 30)), np.empty((0, 2, 30)), np.empty(0, dtype=np.int64))
    assert solution.coefficients.shape == (0, 2)
    assert solution.residuals.shape == (0, 30)
