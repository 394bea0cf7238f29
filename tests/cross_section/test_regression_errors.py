"""Coefficients and robust errors against their formulas, in plain NumPy."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from support.studies import quick

from backtest.cross_section.regression import Estimate, Unfit, group_difference, least_squares
from backtest.engine.arrays import Floats, Ints
from backtest.errors import DataUnavailable

NAMES = ("intercept", "a", "b")


def _made(seed: int = 3, n: int = 40) -> tuple[Floats, Floats, Floats, Ints]:
    """Responses whose variance grows with a regressor, weights, and clusters of five."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(2.0, 1.0, n), rng.random(n) < 0.4]).astype(float)
    y = X @ [0.01, 0.02, -0.01] + rng.normal(0.0, 0.01, n) * (1 + np.abs(X[:, 1]))
    return y, X, rng.uniform(0.5, 4.0, n), np.arange(n) // 5


def _sandwich(X: Floats, meat: Floats) -> Floats:
    bread = np.linalg.inv(X.T @ X)
    errors: Floats = np.sqrt(np.diag(bread @ meat @ bread))
    return errors


def _check(found: Estimate, coefficient: Floats, error: Floats, dof: int) -> None:
    np.testing.assert_allclose(found.coefficient, coefficient, rtol=1e-10)
    np.testing.assert_allclose(found.std_error, error, rtol=1e-10)
    t = coefficient / error
    np.testing.assert_allclose(found.t, t, rtol=1e-9)
    np.testing.assert_allclose(found.p, 2 * stats.t.sf(np.abs(t), dof), rtol=1e-8)
    half = stats.t.ppf(0.975, dof) * error
    np.testing.assert_allclose(found.low, coefficient - half, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.high, coefficient + half, rtol=1e-8, atol=1e-12)
    assert found.dof == dof


def test_hc3_and_hc1_by_hand() -> None:
    y, X, _, _ = _made()
    b = np.linalg.solve(X.T @ X, X.T @ y)
    e = y - X @ b
    h = np.einsum("nk,kl,nl->n", X, np.linalg.inv(X.T @ X), X)
    hc3 = _sandwich(X, (X * (e / (1 - h))[:, None] ** 2).T @ X)
    hc1 = _sandwich(X, (X * e[:, None] ** 2).T @ X) * np.sqrt(40 / 37)
    _check(least_squares(y, X, NAMES), b, hc3, 37)
    _check(least_squares(y, X, NAMES, errors="hc1"), b, hc1, 37)
    found = least_squares(y, X, NAMES)
    assert found.r_squared == pytest.approx(1 - (e @ e) / ((y - y.mean()) @ (y - y.mean())))
    assert found.clusters is None


def test_weighted_hc3_is_that_of_the_weighted_rows() -> None:
    y, X, w, _ = _made()
    root = np.sqrt(w)[:, None]
    Z, z = X * root, y * root[:, 0]
    b = np.linalg.solve(Z.T @ Z, Z.T @ z)
    e = z - Z @ b
    h = np.einsum("nk,kl,nl->n", Z, np.linalg.inv(Z.T @ Z), Z)
    hc3 = _sandwich(Z, (Z * (e / (1 - h))[:, None] ** 2).T @ Z)
    _check(least_squares(y, X, NAMES, weights=w), b, hc3, 37)
    scaled = least_squares(y, X, NAMES, weights=1e6 * w)
    np.testing.assert_allclose(scaled.std_error, hc3, rtol=1e-9)


def test_errors_by_cluster_by_hand() -> None:
    y, X, _, clusters = _made()
    b = np.linalg.solve(X.T @ X, X.T @ y)
    e = y - X @ b
    scores = np.array([X[clusters == g].T @ e[clusters == g] for g in range(8)])
    factor = 8 / 7 * 39 / 37
    error = _sandwich(X, scores.T @ scores) * np.sqrt(factor)
    found = least_squares(y, X, NAMES, errors="cluster-date", clusters=clusters)
    _check(found, b, error, 7)
    assert found.clusters == 8


def test_units_of_a_regressor_change_only_its_own_figures() -> None:
    """Dollars beside shares: 1e11 times larger, and nothing is lost."""
    y, X, _, _ = _made()
    other = X * [1.0, 1e11, 1.0]
    one, two = least_squares(y, X, NAMES), least_squares(y, other, NAMES)
    np.testing.assert_allclose(two.coefficient * [1.0, 1e11, 1.0], one.coefficient, rtol=1e-10)
    np.testing.assert_allclose(two.t, one.t, rtol=1e-10)


@quick
@given(st.integers(0, 1000), st.integers(2, 12), st.integers(2, 12))
def test_a_difference_of_means_and_its_hc3_error(seed: int, first: int, second: int) -> None:
    """With one dummy the leverage is 1/n_g: the variance is Σ e²/(n_g − 1)² over both groups."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0.02, 0.03, first), rng.normal(-0.01, 0.01, second)
    found = group_difference(np.concatenate([a, b]), np.arange(first + second) < first)
    spread = a.var() * first / (first - 1) ** 2 + b.var() * second / (second - 1) ** 2
    assert found.coefficient[0] == pytest.approx(a.mean() - b.mean(), rel=1e-9, abs=1e-14)
    assert found.std_error[0] == pytest.approx(np.sqrt(spread), rel=1e-9)
    assert (found.n, found.dof) == (first + second, first + second - 2)


def test_a_group_of_one_has_no_difference() -> None:
    with pytest.raises(Unfit, match="groups of 1 and 4; each needs 2"):
        group_difference(np.arange(5.0), np.arange(5) < 1)


@pytest.mark.parametrize(
    ("columns", "errors", "said"),
    [
        ([[1, 2, 3]], "hc3", r"3 observations for 3 coefficients \(intercept, a, b\)"),
        ([[7] * 9, range(9)], "hc3", "`a` is 7 in all 9 observations that are left"),
        ([range(9), [2 * i - 5 for i in range(9)]], "hc3", "`b` says nothing beside intercept, a"),
        ([range(9), [1] + [0] * 8], "hc3", "1 observation alone decides a coefficient"),
        ([range(9), [1] + [0] * 8], "hc1", "1 observation alone decides a coefficient"),
        ([range(9), [1] * 3 + [0] * 6], "cluster-date", "1 reaction date alone decides"),
    ],
)
def test_what_cannot_be_regressed_is_said(columns: list[Any], errors: Any, said: str) -> None:
    if len(columns) == 1:
        columns = [columns[0], [1, 5, 2]]
    X = np.column_stack([np.ones(len(columns[0])), *map(list, columns)]).astype(float)
    y = np.random.default_rng(1).normal(size=len(X))
    with pytest.raises(Unfit, match=said):
        least_squares(y, X, NAMES, errors=errors, clusters=np.arange(len(X)) // 3)


def test_one_date_has_no_errors_by_date() -> None:
    y, X, _, _ = _made()
    with pytest.raises(Unfit, match="all rows share one reaction date"):
        least_squares(y, X, NAMES, errors="cluster-date", clusters=np.zeros(40, dtype=np.int64))


def test_without_the_library_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def lacking(name: str, *rest: Any) -> Any:
        if name.startswith("statsmodels"):
            raise ImportError(name)
        return imported(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    y, X, _, _ = _made()
    with pytest.raises(DataUnavailable, match=r"statsmodels, .*pip install 'backtest\[regress\]'"):
        least_squares(y, X, NAMES)
