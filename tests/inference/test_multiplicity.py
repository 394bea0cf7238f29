"""Adjusted p-values by hand, and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from support.studies import quick

from backtest.engine.arrays import Floats
from backtest.inference._multiplicity import benjamini_hochberg, holm

NAN = np.nan
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30).map(np.array)


def test_holm_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, then the running maximum.
    p = np.array([0.01, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(holm(p), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.6, 0.7])), [1.0, 1.0])


def test_benjamini_hochberg_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4/1, 4/2, 4/3, 4/4, then the running minimum from behind.
    p = np.array([0.01, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.02, 0.04, 0.04, 0.02])


@quick
@given(p_values)
def test_scipy_agrees(p: Floats) -> None:
    np.testing.assert_allclose(
        benjamini_hochberg(p), false_discovery_control(p, method="bh"), rtol=1e-12
    )


@quick
@given(p_values)
def test_holm_is_the_smallest_level_that_rejects(p: Floats) -> None:
    """Holm rejects in order while p₍ⱼ₎ ≤ a/(m − j); the adjusted p is the smallest such a."""
    adjusted = holm(p)
    order = np.argsort(p, kind="stable")
    m = len(p)
    for place, one in enumerate(order):
        needed = max(p[order[j]] * (m - j) for j in range(place + 1))
        assert adjusted[one] == pytest.approx(min(1.0, needed), rel=1e-12)


@quick
@given(p_values)
def test_bonferroni_is_never_exceeded_and_fdr_is_the_milder(p: Floats) -> None:
    assert (holm(p) <= np.minimum(1, p * len(p)) + 1e-15).all()
    assert (benjamini_hochberg(p) <= holm(p) + 1e-12).all()
    assert (benjamini_hochberg(p) >= p - 1e-15).all()


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_missing_p_values_are_not_of_the_family(adjust: object) -> None:
    assert callable(adjust)
    p = np.array([NAN, 0.01, NAN, 0.04])
    adjusted = adjust(p)
    assert np.isnan(adjusted).tolist() == [True, False, True, False]
    np.testing.assert_array_equal(adjusted[[1, 3]], adjust(p[[1, 3]]))
    assert np.isnan(adjust(np.array([NAN, NAN]))).all()
    assert adjust(np.array([])).shape == (0,)
