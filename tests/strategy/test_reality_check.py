"""The best of many against the best of as many draws."""

from __future__ import annotations

import numpy as np
import pytest

from backtest.strategy.reality_check import reality_check


def test_by_hand() -> None:
    """Two cells, three draws of each: z of the draws ±1.2247 and 0."""
    draws = np.array([[1.0, 30.0], [2.0, 10.0], [3.0, 20.0]])
    found = reality_check(np.array([2.5, 40.0]), draws)
    assert found.mean.tolist() == [2.0, 20.0]
    spread = np.sqrt(2 / 3)
    assert found.z == pytest.approx([0.5 / spread, 2.0 / spread])
    assert found.best == pytest.approx([1 / spread, 0.0, 1 / spread])
    assert found.p == pytest.approx([2 / 4, 1 / 4])
    assert found.p_best == pytest.approx([3 / 4, 1 / 4])


def test_a_single_strategy_has_one_p() -> None:
    rng = np.random.default_rng(1)
    found = reality_check(np.array([0.7]), rng.normal(size=(199, 1)))
    assert found.p == pytest.approx(found.p_best)


def test_the_best_of_many_worthless_ones_is_rarely_a_find() -> None:
    """SIMULATED: 300 times 40 correlated strategies that earn what their draws earn."""
    rng = np.random.default_rng(2)
    alone, among = [], []
    for _ in range(300):
        common = rng.normal(size=(200, 1))
        values = 0.6 * common + rng.normal(size=(200, 40))
        found = reality_check(values[0], values[1:])
        alone.append(found.p.min() <= 0.05)
        among.append(found.p_best.min() <= 0.05)
    assert np.mean(alone) > 0.5
    assert np.mean(among) == pytest.approx(0.05, abs=0.035)


def test_what_does_not_vary_is_left_out() -> None:
    rng = np.random.default_rng(3)
    draws = rng.normal(size=(50, 3))
    draws[:, 1] = 0.25
    found = reality_check(np.array([0.1, 9.0, np.nan]), draws)
    assert np.isnan(found.p_best[1:]).all()
    assert np.isfinite(found.p_best[0])
    none = reality_check(np.array([0.1]), np.empty((0, 1)))
    assert np.isnan(none.p_best).all()
    same = reality_check(np.array([0.1, 0.2]), np.ones((9, 2)))
    assert np.isnan(same.p_best).all()


def test_adjusted_is_never_below_alone() -> None:
    rng = np.random.default_rng(4)
    found = reality_check(rng.normal(size=20), rng.normal(size=(99, 20)))
    assert (found.p_best >= found.p).all()
