"""Cross-sectional and BMP t against SciPy's one-sample t."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp
from support.studies import quick

from backtest.engine.sample import SAME, Sample
from backtest.inference import tests
from backtest.inference._columns import mean_and_sd, p_normal, p_student
from backtest.spec import Window

COLUMNS = (Window(0, 0), Window(-1, 1), Window(0, 5))


def _sample(seed: int, n: int) -> Sample:
    """Return a sample whose CAR and SCAR differ, with missing values."""
    rng = np.random.default_rng(seed)
    car, scar = rng.normal(0.01, 0.05, (n, 3)), rng.normal(0.3, 1.5, (n, 3))
    gone = rng.random((n, 3)) < 0.2
    gone[:2] = False
    car[gone] = scar[gone] = np.nan
    return Sample(COLUMNS, car, scar, scar, np.where(gone, 0, 1), np.full(n, 248))


@quick
@given(st.integers(0, 10**6), st.integers(2, 50))
@pytest.mark.parametrize(("key", "values"), [("cross_sectional", "car"), ("bmp", "scar")])
def test_scipy_agrees(key: str, values: str, seed: int, n: int) -> None:
    sample = _sample(seed, n)
    outcome = tests.get(key).run(sample)
    expected = ttest_1samp(getattr(sample, values), 0.0, nan_policy="omit")
    np.testing.assert_allclose(outcome.statistic, expected.statistic, rtol=1e-10)
    np.testing.assert_allclose(outcome.p, expected.pvalue, rtol=1e-9)
    np.testing.assert_array_equal(outcome.dof, sample.n - 1)


def test_equal_values_have_no_spread_to_test_against() -> None:
    # 0.1 has no exact binary form: a computed deviation could come out as 1e-17 instead of 0.
    values = np.array([[0.1, 0.1, 0.0]] * 7)
    values[3, 1] = 0.2
    sample = Sample(COLUMNS, values, values, values, np.ones((7, 3), dtype=int), np.full(7, 248))
    for key in ("cross_sectional", "bmp"):
        assert tests.get(key).run(sample).reasons == (SAME, None, SAME)


def test_column_statistics() -> None:
    nan = np.nan
    n, mean, sd = mean_and_sd(
        np.array([[1.0, nan, nan, 5.0], [3.0, 7.0, nan, 5.0], [8.0, nan, nan, nan]])
    )
    assert n.tolist() == [3, 1, 0, 2]
    np.testing.assert_array_equal(mean, [4.0, 7.0, nan, 5.0])
    assert sd[0] == pytest.approx(np.sqrt(13))
    assert sd[3] == 0.0
    n, mean, sd = mean_and_sd(np.empty((0, 2)))
    assert n.tolist() == [0, 0]
    assert np.isnan(mean).all()


def test_tails_do_not_vanish() -> None:
    """1 − cdf would give 0 from about 8.3 on."""
    # N(0,1): 2·Q(10) and 2·Q(30), Abramowitz & Stegun 26.2 by continued fraction.
    assert p_normal(np.array([10.0]))[0] == pytest.approx(1.523970604832094e-23, rel=1e-12)
    assert p_normal(np.array([30.0]))[0] == pytest.approx(9.813427854297e-198, rel=1e-10)
    # t(1) is Cauchy: p = 2/π·arctan(1/t).
    t = np.array([0.5, 1.0, 1e6])
    np.testing.assert_allclose(p_student(t, np.ones(3)), 2 / np.pi * np.arctan(1 / t), rtol=1e-12)
    # t(2): p = 1 − t/√(2 + t²); at t = 2 that is 1 − 2/√6.
    assert p_student(np.array([-2.0]), np.array([2.0]))[0] == pytest.approx(1 - 2 / np.sqrt(6))
