"""r̄ against the sum over pairs that defines it, and against the cases of its papers."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import noise, quick

from backtest.engine.arrays import Floats, Ints
from backtest.engine.cross_correlation import mean_cross_correlation
from backtest.engine.history import History
from backtest.engine.rows import Rows
from backtest.spec import Window

ESTIMATION, WINDOW = Window(-60, -6), Window(-5, 5)
COLUMNS = (Window(0, 0), Window(-1, 1), Window(-5, 5), Window(2, 5))


def _history(returns: Floats, rows: Ints, day0: Ints, exchanges: Ints, axes: list[Ints]) -> History:
    """Residuals are the returns themselves: what they are does not matter to r̄."""
    days = np.arange(ESTIMATION.start, WINDOW.end + 1)
    abnormal = np.array(
        [
            returns[row, axes[x][day + days]]
            for row, day, x in zip(rows, day0, exchanges, strict=True)
        ]
    )
    count = len(rows)
    nothing = np.zeros((count, len(days)), dtype=np.uint16)
    return History(
        Rows(abnormal),
        Rows(nothing),
        Rows(nothing[:, : len(ESTIMATION)]),
        Rows(np.ones((count, len(WINDOW)))),
        np.ones(count),
        np.ones(count),
        day0,
        exchanges,
        np.arange(count),
        rows,
        tuple(axes),
        np.datetime64("2024-01-01", "D") + np.arange(200),
        ESTIMATION,
        WINDOW,
    )


def _by_pairs(history: History, column: Window) -> float:
    """The definition, one pair of events after the other."""
    count, days = len(history.day0), len(ESTIMATION)
    everyone = np.arange(count)
    dates, tested = history.dates(everyone, ESTIMATION), history.dates(everyone, column)
    z = np.nan_to_num(history.residuals)
    z = z / np.sqrt((z**2).sum(axis=1, keepdims=True))
    total = 0.0
    for i, j in permutations(range(count), 2):
        shared = len(set(tested[i]) & set(tested[j])) / len(column)
        _, left, right = np.intersect1d(dates[i], dates[j], return_indices=True)
        if shared:
            total += shared * float(z[i, left] @ z[j, right]) * days / len(left)
    return total / (count * (count - 1))


@quick
@given(st.integers(0, 10**6), st.integers(2, 25), st.integers(1, 40))
def test_it_is_the_sum_over_pairs(seed: int, count: int, spread: int) -> None:
    rng = np.random.default_rng(seed)
    returns = noise(seed, sessions=200, missing=0.02)
    rows, day0 = rng.integers(0, 12, count), 100 + rng.integers(0, spread, count)
    history = _history(returns, rows, day0, np.zeros(count, np.int64), [np.arange(200)])
    found = mean_cross_correlation(history, COLUMNS)
    assert found == pytest.approx([_by_pairs(history, column) for column in COLUMNS], abs=1e-12)


@quick
@given(st.integers(0, 10**6), st.integers(2, 14))
def test_exchanges_are_aligned_by_date(seed: int, count: int) -> None:
    """The second exchange is closed on every seventh day."""
    rng = np.random.default_rng(seed)
    returns = noise(seed, sessions=200)
    axes = [np.arange(200), np.flatnonzero(np.arange(200) % 7)]
    exchanges = rng.integers(0, 2, count)
    dates = 120 + rng.integers(0, 8, count)
    day0 = np.array([np.searchsorted(axes[x], d) for x, d in zip(exchanges, dates, strict=True)])
    history = _history(returns, rng.integers(0, 12, count), day0, exchanges, axes)
    found = mean_cross_correlation(history, COLUMNS)
    assert found == pytest.approx([_by_pairs(history, column) for column in COLUMNS], abs=1e-12)


def test_on_one_date_it_is_the_mean_pairwise_correlation() -> None:
    """Kolari & Pynnönen (2010): with a common window r̄ is the plain average, for every window."""
    returns = noise(3, sessions=200)
    rows = np.arange(1, 9)
    history = _history(returns, rows, np.full(8, 100), np.zeros(8, np.int64), [np.arange(200)])
    residuals = history.residuals[:]
    residuals -= residuals.mean(axis=1, keepdims=True)
    correlations = np.corrcoef(residuals)
    expected = (correlations.sum() - 8) / (8 * 7)
    assert mean_cross_correlation(history, COLUMNS) == pytest.approx([expected] * 4)


def test_without_shared_sessions_it_is_zero_and_alone_it_is_undefined() -> None:
    returns = noise(4, sessions=200)
    zero = np.zeros(2, np.int64)
    history = _history(returns, np.array([1, 2]), np.array([100, 111]), zero, [np.arange(200)])
    assert mean_cross_correlation(history, COLUMNS).tolist() == [0, 0, 0, 0]
    assert np.isnan(mean_cross_correlation(history.take(np.array([0])), COLUMNS)).all()


def test_the_same_security_twice_is_correlated_fully() -> None:
    returns = noise(5, sessions=200)
    zero = np.zeros(2, np.int64)
    history = _history(returns, np.array([1, 1]), np.array([100, 100]), zero, [np.arange(200)])
    assert mean_cross_correlation(history, COLUMNS) == pytest.approx([1.0] * 4)
