"""Tests that draw or leave out: the jackknife and the bootstraps."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import sample_of

from backtest.engine.arrays import Floats
from backtest.inference import tests


def _skewed(seed: int, count: int = 40, columns: int = 1) -> Floats:
    return np.random.default_rng(seed).exponential(0.02, (count, columns)) - 0.02


def test_jackknife_is_that_of_one_left_out_after_the_other() -> None:
    values = _skewed(1, 15, 2)
    outcome = tests.get("jackknife").run(sample_of(values))
    for column, answer in zip(values.T, outcome.statistic, strict=True):
        n = len(column)
        theta = column.mean() / column.std(ddof=1)
        left = [np.delete(column, i) for i in range(n)]
        without = np.array([one.mean() / one.std(ddof=1) for one in left])
        error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
        assert answer == pytest.approx(theta / error, rel=1e-9)
    assert outcome.dof.tolist() == [14.0, 14.0]


@pytest.mark.parametrize("key", ["bootstrap", "bootstrap_wild"])
def test_bootstraps_show_the_t_and_repeat_themselves(key: str) -> None:
    sample = sample_of(_skewed(2, 25, 3))
    one, other = tests.get(key).run(sample), tests.get(key).run(sample)
    np.testing.assert_array_equal(one.p, other.p)
    np.testing.assert_allclose(one.statistic, tests.get("cross_sectional").run(sample).statistic)
    assert (one.p >= 1e-4).all()


@pytest.mark.parametrize("key", ["bootstrap", "bootstrap_wild"])
def test_bootstraps_of_normal_values_come_near_student(key: str) -> None:
    values = np.random.default_rng(3).normal(0.3, 1.0, (60, 4))
    sample = sample_of(values)
    student = tests.get("cross_sectional").run(sample).p
    # 9,999 draws: the standard error of a p of 0.3 is 0.005; the rest is the bootstrap's own.
    assert tests.get(key).run(sample).p == pytest.approx(student, abs=0.03)


def test_pairs_bootstrap_against_a_plain_loop() -> None:
    values = _skewed(4, 12)[:, 0]
    rng = np.random.default_rng(0)
    n = len(values)
    t = np.sqrt(n) * values.mean() / values.std(ddof=1)
    draws = rng.choice(values - values.mean(), (200_000, n))
    drawn = np.sqrt(n) * draws.mean(axis=1) / draws.std(axis=1, ddof=1)
    expected = float((np.abs(drawn) >= abs(t)).mean())
    ours = float(tests.get("bootstrap").run(sample_of(values[:, None])).p[0])
    assert ours == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 9_999))


def test_wild_bootstrap_of_few_values_is_nearly_exact() -> None:
    """All 2⁶ patterns of signs can be listed."""
    values = np.array([0.03, -0.01, 0.02, 0.05, -0.02, 0.04])
    n, centred = 6, values - values.mean()
    signs = np.array(np.meshgrid(*[[-1, 1]] * n)).reshape(n, -1).T * centred
    with np.errstate(divide="ignore"):
        drawn = np.sqrt(n) * signs.mean(axis=1) / signs.std(axis=1, ddof=1)
    t = np.sqrt(n) * values.mean() / values.std(ddof=1)
    expected = float((np.abs(drawn) >= abs(t) * (1 - 1e-12)).mean())
    ours = float(tests.get("bootstrap_wild").run(sample_of(values[:, None])).p[0])
    assert ours == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("key", ["bootstrap", "bootstrap_wild", "jackknife"])
def test_equal_values_are_a_reason(key: str) -> None:
    outcome = tests.get(key).run(sample_of(np.full((5, 1), 0.01)))
    assert outcome.reasons == ("all observations are equal: no spread to test against",)


@pytest.mark.parametrize("key", ["bootstrap", "bootstrap_wild"])
def test_columns_with_missing_values_have_their_own_draws(key: str) -> None:
    values = _skewed(5, 20, 2)
    values[3, 1] = np.nan
    both = tests.get(key).run(sample_of(values))
    alone = tests.get(key).run(sample_of(np.delete(values[:, 1:], 3, axis=0)))
    assert both.p[1] == alone.p[0]
