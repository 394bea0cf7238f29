"""The sign test against SciPy's binomial test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from support.studies import quick, sample_of

from backtest.inference import tests

SIGN = tests.get("sign")


def _of(positive: int, n: int) -> tuple[float, float]:
    values = np.full((n, 1), -1.0)
    values[:positive] = 1.0
    outcome = SIGN.run(sample_of(values))
    return float(outcome.statistic[0]), float(outcome.p[0])


@quick
@given(st.integers(2, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_exact_to_a_thousand(counts: tuple[int, int]) -> None:
    positive, n = counts
    statistic, p = _of(positive, n)
    assert statistic == positive
    assert p == pytest.approx(binomtest(positive, n, 0.5).pvalue, rel=1e-9)


@pytest.mark.parametrize("n", [2, 7, 1000])
def test_one_sided_samples(n: int) -> None:
    assert _of(0, n)[1] == pytest.approx(2.0**-n * 2, rel=1e-12)
    assert _of(n, n)[1] == pytest.approx(2.0**-n * 2, rel=1e-12)


@pytest.mark.parametrize("positive", [430, 500, 501, 620])
def test_normal_above(positive: int) -> None:
    z = (positive - 1001 / 2) / np.sqrt(1001 / 4)
    assert _of(positive, 1001)[1] == pytest.approx(2 * norm.sf(abs(z)), rel=1e-12)
    # Near the exact answer, as it must be.
    assert _of(positive, 1001)[1] == pytest.approx(binomtest(positive, 1001).pvalue, abs=0.03)


def test_an_abnormal_return_of_zero_is_not_positive() -> None:
    values = np.array([[0.0], [0.0], [0.0], [1.0], [2.0], [np.nan]])
    outcome = SIGN.run(sample_of(values))
    assert outcome.statistic[0] == 2
    assert outcome.p[0] == pytest.approx(binomtest(2, 5).pvalue)
    negative_zero = SIGN.run(sample_of(np.array([[-0.0]] * 4)))
    assert negative_zero.statistic[0] == 0
    assert negative_zero.p[0] == pytest.approx(0.125)
