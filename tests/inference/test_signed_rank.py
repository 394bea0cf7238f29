"""The signed-rank test against SciPy and against all sign patterns."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon
from support.studies import quick, sample_of

from backtest.engine.arrays import Floats
from backtest.inference import tests


def _of(values: Floats) -> tuple[float, float, str | None]:
    outcome = tests.get("wilcoxon").run(sample_of(np.asarray(values, dtype=float)[:, None]))
    return float(outcome.statistic[0]), float(outcome.p[0]), outcome.reasons[0]


@quick
@given(st.integers(0, 10**6), st.integers(2, 50))
def test_exact_without_ties(seed: int, n: int) -> None:
    values = np.random.default_rng(seed).normal(0.3, 1.0, n)
    expected = wilcoxon(values, method="exact")
    statistic, p, _ = _of(values)
    assert min(statistic, n * (n + 1) / 2 - statistic) == pytest.approx(expected.statistic)
    assert p == pytest.approx(expected.pvalue, rel=1e-9)


def test_exact_is_the_share_of_sign_patterns() -> None:
    values = np.array([0.3, -1.2, 2.0, 0.7, -0.1, 1.1])
    ranks = rankdata(np.abs(values))
    observed = ranks[values > 0].sum()
    sums = np.array([ranks @ signs for signs in product([0, 1], repeat=6)])
    share = 2 * min((sums <= observed).mean(), (sums >= observed).mean())
    assert _of(values)[:2] == pytest.approx((observed, share))


@quick
@given(st.integers(0, 10**6), st.integers(51, 200))
def test_normal_above_fifty(seed: int, n: int) -> None:
    values = np.random.default_rng(seed).normal(0.1, 1.0, n)
    expected = wilcoxon(values, method="approx", correction=False)
    assert _of(values)[1] == pytest.approx(expected.pvalue, rel=1e-9)


@quick
@given(st.lists(st.integers(-4, 4), min_size=3, max_size=80))
def test_ties_share_their_rank_and_zeros_are_dropped(values: list[int]) -> None:
    kept = np.array([value for value in values if value])
    statistic, p, reason = _of(np.array(values))
    if len(kept) < 2:
        assert reason == "fewer than 2 observations differ from zero"
        assert np.isnan(p)
        return
    ranks = rankdata(np.abs(kept))
    assert statistic == pytest.approx(ranks[kept > 0].sum())
    if len(set(np.abs(kept))) < len(kept):
        expected = wilcoxon(kept, method="approx", correction=False)
        assert p == pytest.approx(expected.pvalue, rel=1e-9)
    else:
        assert p == pytest.approx(wilcoxon(kept, method="exact").pvalue, rel=1e-9)


def test_a_perfectly_balanced_sample() -> None:
    assert _of(np.array([1.0, -1.0, 2.0, -2.0]))[1] == pytest.approx(1.0)


def test_by_hand() -> None:
    """|x| ranks 1…4; W⁺ = 1 + 3 + 4 = 8 of 10: 4 patterns of 16 are as far out on that side."""
    assert _of(np.array([0.1, -0.2, 0.3, 0.4]))[:2] == pytest.approx((8.0, 2 * 3 / 16))
