"""What every sample test must do, tried on each plug-in that is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import quick, sample_of, scaled

from backtest.engine.arrays import Floats
from backtest.engine.sample import Outcome, Sample, SampleTest
from backtest.inference import tests

KEYS = tests.keys()
ROBUST = {"event-induced variance", "clustering", "non-normality", "thin trading"}

# Statistics that count or rank one side; the two sides add up to this total. Others are signed.
TOTALS = {"sign": lambda n: n, "wilcoxon": lambda n: n * (n + 1) / 2}

MANY_DATES = {"calendar_time_ols", "calendar_time_hc1", "calendar_time_newey_west"}
"""Tests that need more dates than others need observations."""

RANDOM = {"bootstrap", "bootstrap_wild", "bhar_bootstrap", "permutation"}
"""Tests that draw: slow, and their p depends on the order of the sample."""

EXACT = sorted(set(KEYS) - RANDOM)

seeds = st.integers(0, 10**6)
shapes = st.tuples(st.integers(3, 40), st.integers(1, 5))


def _values(seed: int, shape: tuple[int, int]) -> Floats:
    """Return values with some missing, at least three different ones in every column."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0.01, 0.03, shape)
    values[3:][rng.random((shape[0] - 3, shape[1])) < 0.2] = np.nan
    return values


def _run(key: str, values: Floats) -> Outcome:
    return tests.get(key).run(sample_of(values))


def _same(one: Outcome, other: Outcome) -> None:
    np.testing.assert_allclose(one.statistic, other.statistic, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one.p, other.p, rtol=1e-9)


def test_the_tests_of_the_first_release_are_there() -> None:
    assert {"cross_sectional", "patell", "bmp", "sign", "wilcoxon"} <= set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_it_says_what_it_is(key: str) -> None:
    test = tests.get(key)
    assert isinstance(test, SampleTest)
    assert test.key == key
    assert test.title
    assert test.source
    assert test.formula
    assert test.robust_to <= ROBUST


@quick
@given(seeds, shapes)
@pytest.mark.parametrize("key", EXACT)
def test_numbers_or_a_reason(key: str, seed: int, shape: tuple[int, int]) -> None:
    values = _values(seed, shape)
    outcome = _run(key, values)
    assert outcome.statistic.shape == outcome.p.shape == outcome.dof.shape == (shape[1],)
    given_none = np.array([reason is None for reason in outcome.reasons])
    dates = np.isfinite(values).sum(axis=0)
    assert (given_none == (dates >= 10 if key in MANY_DATES else dates >= 3)).all()
    assert (np.isfinite(outcome.statistic) == given_none).all()
    assert ((outcome.p >= 0) & (outcome.p <= 1))[given_none].all()


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("key", sorted(set(KEYS) - {"permutation"}))
def test_too_few_observations_are_a_reason(key: str, count: int) -> None:
    """Also where other columns have enough."""
    values = _values(1, (30, 3))
    values[count:, 1] = np.nan
    for outcome, column in ((_run(key, values), 1), (_run(key, values[:count]), 0)):
        assert outcome.reasons[column] == "needs at least 2 observations"
        for numbers in (outcome.statistic, outcome.dof, outcome.p):
            assert np.isnan(numbers[column])
    whole = tests.get(key).run(sample_of(values))
    assert whole.reasons[0] is None
    assert whole.reasons[2] is None
    others = tests.get(key).run(sample_of(values).only(np.array([0, 2])))
    np.testing.assert_allclose(whole.p[[0, 2]], others.p, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.01, -0.3])
@pytest.mark.parametrize("key", KEYS)
def test_equal_observations_give_a_number_or_a_reason(key: str, value: float) -> None:
    outcome = _run(key, np.full((6, 2), value))
    for reason, statistic, p in zip(outcome.reasons, outcome.statistic, outcome.p, strict=True):
        assert (reason is not None) == bool(np.isnan(p)) == bool(np.isnan(statistic))


@quick
@given(seeds, shapes)
@pytest.mark.parametrize("key", EXACT)
def test_the_order_of_observations_does_not_matter(
    key: str, seed: int, shape: tuple[int, int]
) -> None:
    sample = sample_of(_values(seed, shape))
    shuffled = sample.take(np.random.default_rng(seed).permutation(shape[0]))
    _same(tests.get(key).run(sample), tests.get(key).run(shuffled))


@quick
@given(seeds, shapes)
@pytest.mark.parametrize("key", EXACT)
def test_the_opposite_sample_has_the_opposite_statistic(
    key: str, seed: int, shape: tuple[int, int]
) -> None:
    values = _values(seed, shape)
    sample = sample_of(values)
    one, other = tests.get(key).run(sample), tests.get(key).run(scaled(sample, -1.0))
    n = np.isfinite(values).sum(axis=0)
    total = TOTALS[key](n) if key in TOTALS else np.zeros(shape[1])
    known = np.isfinite(one.statistic)
    np.testing.assert_allclose((one.statistic + other.statistic)[known], total[known], atol=1e-9)
    np.testing.assert_allclose(one.p, other.p, rtol=1e-9)


@quick
@given(seeds, shapes, st.sampled_from([1e-6, 0.5, 1e6]))
@pytest.mark.parametrize("key", sorted(set(EXACT) - {"patell", "patell_adjusted"}))
def test_the_unit_does_not_matter(
    key: str, seed: int, shape: tuple[int, int], scale: float
) -> None:
    """Patell's sums are of standardised returns already; `scaled` would scale them again."""
    sample = sample_of(_values(seed, shape))
    one, other = tests.get(key).run(sample), tests.get(key).run(scaled(sample, scale))
    np.testing.assert_allclose(one.statistic, other.statistic, rtol=1e-9)


@quick
@given(seeds, shapes)
@pytest.mark.parametrize("key", EXACT)
def test_a_missing_observation_is_an_absent_one(
    key: str, seed: int, shape: tuple[int, int]
) -> None:
    values = _values(seed, shape)
    sample = sample_of(values)
    whole = tests.get(key).run(sample)
    for column in range(shape[1]):
        there = np.flatnonzero(np.isfinite(values[:, column]))
        alone = tests.get(key).run(sample.take(there).only(np.array([column])))
        assert alone.statistic[0] == pytest.approx(whole.statistic[column], rel=1e-9, nan_ok=True)
        assert alone.p[0] == pytest.approx(whole.p[column], rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("key", KEYS)
def test_a_large_effect_is_found_and_none_is_not(key: str) -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, (60, 2))
    values -= values.mean(axis=0)
    values[:, 1] += 1.0
    outcome = _run(key, values)
    assert outcome.p[0] > 0.2
    assert outcome.p[1] < (0.0051 if key == "permutation" else 2e-4)  # 1/200 is its smallest


@pytest.mark.parametrize("key", KEYS)
def test_the_sample_is_left_as_it_was(key: str) -> None:
    sample = sample_of(_values(6, (8, 3)))
    before = sample.car.copy()
    tests.get(key).run(sample)
    np.testing.assert_array_equal(sample.car, before)
    assert isinstance(sample, Sample)
