"""Weights on the simplex: the conditions of an optimum, closed forms and other programs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, nnls
from support.studies import SHARED, needs_shared, quick

from backtest.engine.arrays import Floats
from backtest.engine.simplex_least_squares import (
    CERTIFIED,
    SimplexFit,
    simplex_fits,
    simplex_least_squares,
)

FOLDER = SHARED / "reference" / "synthetic_control"
PROBLEMS = (
    "p1_orcl_n500_t250",
    "p2_nvda_n2000_t250",
    "p4_basket_n2000_t100",
    "p5_sim3f_n500_t100",
)
KINDS = ("plain", "twice the same", "collinear", "mixture", "a donor", "prices", "one is huge")


def drawn(seed: int, kind: str = "plain", days: int = 0, donors: int = 0) -> tuple[Floats, Floats]:
    """Return y (T,) and X (T, n) of daily returns, of some kind that could be difficult."""
    rng = np.random.default_rng(seed)
    days, donors = days or int(rng.integers(2, 40)), donors or int(rng.integers(2, 90))
    X, y = rng.normal(0.0, 0.02, (days, donors)), rng.normal(0.0, 0.015, days)
    if kind == "twice the same":
        X = X[:, rng.integers(0, max(donors // 3, 1), donors)]
    elif kind == "collinear":
        rank = int(rng.integers(1, min(days, donors) + 1))
        X = rng.normal(0.0, 1.0, (days, rank)) @ rng.normal(0.0, 0.02, (rank, donors))
    elif kind == "mixture":
        y = X @ rng.dirichlet(np.full(donors, 0.3)) + rng.choice([0.0, 1e-6, 1e-4]) * y
    elif kind == "a donor":
        y = X[:, rng.integers(donors)].copy()
    elif kind == "prices":
        X, y = 100.0 + 100.0 * np.cumsum(X, axis=0), 100.0 + 100.0 * np.cumsum(y)
    elif kind == "one is huge":
        X[:, rng.integers(donors)] *= 1e3
    return y, X


def objective(y: Floats, X: Floats, weights: Floats, ridge: float = 0.0) -> float:
    return float(((y - X @ weights) ** 2).sum() + ridge**2 * (weights**2).sum())


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs_shared) for name in PROBLEMS])
def test_the_exact_optimum_of_the_reference_problems(name: str) -> None:
    """The published hybrid solver stops 5.0e-5 (relative) above the second one's."""
    problem, exact = np.load(FOLDER / f"{name}.npz"), np.load(FOLDER / f"{name}_exact.npz")
    fit = simplex_least_squares(problem["b"], problem["A"])
    assert fit.objective == pytest.approx(float(exact["objective"]), rel=1e-10)
    assert objective(problem["b"], problem["A"], fit.weights) == pytest.approx(
        float(exact["objective"]), rel=1e-10
    )
    assert fit.relative_gap <= 1e-10
    np.testing.assert_allclose(fit.weights, exact["w"], rtol=0, atol=1e-9)


@quick
@given(
    seed=st.integers(0, 9_999),
    kind=st.sampled_from(KINDS),
    ridge=st.sampled_from((0.0, 1e-4, 0.03, 10.0)),
)
def test_the_conditions_of_karush_kuhn_and_tucker(seed: int, kind: str, ridge: float) -> None:
    """No donor's derivative is below the multiplier of Σw = 1; those with weight are at it."""
    y, X = drawn(seed, kind)
    fit = simplex_least_squares(y, X, ridge)
    assert fit.certified
    assert (fit.weights >= 0).all()
    assert fit.weights.sum() == pytest.approx(1.0, abs=1e-12)
    value = objective(y, X, fit.weights, ridge)
    scale = max(value, 1e-6 * float(((X - y[:, None]) ** 2).sum(axis=0).mean()))
    assert fit.objective == pytest.approx(value, rel=1e-9, abs=1e-12 * scale)
    gradient = 2 * (X.T @ (X @ fit.weights - y) + ridge**2 * fit.weights)
    multiplier = gradient @ fit.weights
    assert gradient.min() >= multiplier - 2 * CERTIFIED * scale
    slack = fit.weights @ (gradient - gradient.min())
    assert slack <= 2 * CERTIFIED * scale


def test_the_gap_is_what_it_says() -> None:
    y, X = drawn(1, days=30, donors=60)
    fit = simplex_least_squares(y, X)
    gradient = 2 * X.T @ (X @ fit.weights - y)
    assert fit.gap == pytest.approx(gradient @ fit.weights - gradient.min(), abs=1e-16)
    assert fit.relative_gap == pytest.approx(fit.gap / fit.objective)
    assert not SimplexFit(fit.weights, 1.0, 2e-8, 2e-8, 1).certified


@quick
@given(seed=st.integers(0, 9_999), ridge=st.sampled_from((0.0, 0.05)))
def test_two_donors(seed: int, ridge: float) -> None:
    """The first one's weight is that of a parabola's minimum, or the end of [0, 1] next to it."""
    y, X = drawn(seed, donors=2)
    a, b = X.T
    best = ((y - b) @ (a - b) + ridge**2) / ((a - b) @ (a - b) + 2 * ridge**2)
    weights = simplex_least_squares(y, X, ridge).weights
    assert weights[0] == pytest.approx(min(max(best, 0.0), 1.0), abs=1e-9)


def test_one_donor_has_it_all() -> None:
    y, X = drawn(2, donors=1)
    fit = simplex_least_squares(y, X)
    assert fit.weights.tolist() == [1.0]
    assert fit.objective == pytest.approx(float(((y - X[:, 0]) ** 2).sum()))
    assert fit.gap == pytest.approx(0.0, abs=1e-15)


@quick
@given(seed=st.integers(0, 9_999))
def test_a_security_that_is_a_donor_is_that_donor(seed: int) -> None:
    y, X = drawn(seed, "a donor", days=30)
    fit = simplex_least_squares(y, X)
    np.testing.assert_allclose(X @ fit.weights, y, rtol=0, atol=1e-12)
    assert fit.certified


def test_all_donors_alike() -> None:
    y, X = drawn(3, days=20, donors=8)
    X[:] = X[:, :1]
    fit = simplex_least_squares(y, X)
    assert fit.certified
    np.testing.assert_allclose(X @ fit.weights, X[:, 0], rtol=1e-12)


def test_nothing_moves() -> None:
    """The optimum is 0 and so is all that could be divided by."""
    fit = simplex_least_squares(np.zeros(5), np.zeros((5, 4)))
    assert (fit.objective, fit.gap, fit.relative_gap, fit.certified) == (0.0, 0.0, 0.0, True)


@pytest.mark.parametrize("donors", [3, 40, 250])
def test_a_large_ridge_weighs_all_donors_alike(donors: int) -> None:
    y, X = drawn(4, days=30, donors=donors)
    weights = simplex_least_squares(y, X, 1e4).weights
    np.testing.assert_allclose(weights, 1 / donors, rtol=1e-6)


@quick
@given(seed=st.integers(0, 9_999), kind=st.sampled_from(KINDS[:2] + KINDS[-2:]))
def test_the_order_of_donors_and_days_does_not_matter(seed: int, kind: str) -> None:
    y, X = drawn(seed, kind)
    rng = np.random.default_rng(seed + 1)
    days, donors = rng.permutation(len(y)), rng.permutation(X.shape[1])
    one = simplex_least_squares(y, X)
    other = simplex_least_squares(y[days], X[days][:, donors])
    same_fit(X @ one.weights, X[:, donors] @ other.weights, y, X)


@quick
@given(seed=st.integers(0, 9_999), factor=st.sampled_from((1e-4, 0.01, -1.0, 100.0, 1e6)))
def test_the_unit_does_not_matter(seed: int, factor: float) -> None:
    y, X = drawn(seed)
    one, other = simplex_least_squares(y, X), simplex_least_squares(factor * y, factor * X)
    same_fit(X @ one.weights, X @ other.weights, y, X)


@quick
@given(seed=st.integers(0, 9_999))
def test_what_all_share_on_a_day_does_not_matter(seed: int) -> None:
    """Weights sum to 1, so a common shock of any size cancels out."""
    y, X = drawn(seed)
    shock = np.random.default_rng(seed + 1).normal(0.0, 10.0, len(y))
    one, other = simplex_least_squares(y, X), simplex_least_squares(y + shock, X + shock[:, None])
    same_fit(X @ one.weights, X @ other.weights, y, X)


@quick
@given(seed=st.integers(0, 9_999), copies=st.integers(1, 3))
def test_a_donor_that_is_there_twice_changes_nothing(seed: int, copies: int) -> None:
    y, X = drawn(seed)
    one, other = simplex_least_squares(y, X), simplex_least_squares(y, np.tile(X, copies + 1))
    same_fit(X @ one.weights, np.tile(X, copies + 1) @ other.weights, y, X)


def same_fit(one: Floats, other: Floats, y: Floats, X: Floats) -> None:
    """Assert that two fitted series (T,) are one; the weights need not be unique, this is.

    f is strictly convex in the fit: ‖fit − best‖² ≤ f − min f, so it has half of f's digits.
    """
    near = 1e-5 * float(np.sqrt(((X - y[:, None]) ** 2).mean()))
    np.testing.assert_allclose(one, other, rtol=0, atol=near)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ridge", [0.0, 0.02])
def test_another_program_s_quadratic_programming(seed: int, ridge: float) -> None:
    """SciPy's SLSQP comes within its own tolerance, and never below."""
    y, X = drawn(seed, days=25, donors=9)
    theirs = minimize(
        lambda w: 1e4 * objective(y, X, w, ridge),
        np.full(9, 1 / 9),
        jac=lambda w: 2e4 * (X.T @ (X @ w - y) + ridge**2 * w),
        bounds=[(0.0, 1.0)] * 9,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1_000},
    )
    ours = simplex_least_squares(y, X, ridge)
    assert 1e4 * ours.objective == pytest.approx(theirs.fun, rel=1e-8)
    np.testing.assert_allclose(ours.weights, theirs.x, rtol=0, atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_another_program_s_nonnegative_least_squares(seed: int) -> None:
    """Lawson & Hanson's form of the same problem, without the sum, by SciPy."""
    y, X = drawn(seed, days=60, donors=200)
    rows = np.vstack([np.full(200, 0.1), X - y[:, None]])
    u, _ = nnls(rows, np.array([0.1, *np.zeros(60)]))
    ours = simplex_least_squares(y, X)
    assert ours.objective == pytest.approx(objective(y, X, u / u.sum()), rel=1e-9)


def test_many_at_once_are_each_alone() -> None:
    y, X = drawn(5, days=40, donors=300)
    targets = np.stack([y, X[:, :3].mean(axis=1), y[::-1]])
    for target, fit in zip(targets, simplex_fits(targets, X), strict=True):
        np.testing.assert_array_equal(fit.weights, simplex_least_squares(target, X).weights)


@quick
@given(seed=st.integers(0, 9_999))
def test_who_is_barred_is_as_if_it_were_not_there(seed: int) -> None:
    y, X = drawn(seed, donors=30)
    rng = np.random.default_rng(seed)
    allowed = rng.random((2, 30)) < 0.6
    allowed[:, 7] = True
    for some, fit in zip(allowed, simplex_fits(np.stack([y, y]), X, 0.0, allowed), strict=True):
        alone = simplex_least_squares(y, X[:, some])
        assert not fit.weights[~some].any()
        assert fit.certified
        same_fit(X @ fit.weights, X[:, some] @ alone.weights, y, X)


def test_what_it_cannot_do_it_refuses() -> None:
    y, X = drawn(6)
    with pytest.raises(ValueError, match="needs a donor"):
        simplex_least_squares(y, X[:, :0])
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="finite"):
        simplex_least_squares(y, X)
