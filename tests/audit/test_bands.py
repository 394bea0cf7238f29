"""Bands of rejection rates against SciPy's, and dependent samples counted for what they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from backtest.audit.bands import rate_of, wilson


@pytest.mark.parametrize(("count", "n"), [(0, 20), (3, 60), (52, 1000), (700, 1000), (40, 40)])
def test_the_band_is_wilsons(count: int, n: int) -> None:
    expected = binomtest(count, n).proportion_ci(method="wilson")
    assert wilson(count / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_independent_samples_count_each() -> None:
    rejected = np.random.default_rng(2).random(500) < 0.2
    found = rate_of(rejected, np.arange(500))
    assert (found.tested, found.rejected, found.effective) == (500, rejected.sum(), 500.0)
    assert found.rate == rejected.mean()


def test_samples_that_repeat_each_other_count_once() -> None:
    once = np.random.default_rng(2).random(400) < 0.2
    found = rate_of(np.repeat(once, 10), np.repeat(np.arange(400), 10))
    assert found.effective == pytest.approx(400, rel=0.01)
    alone = rate_of(once, np.arange(400))
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high), abs=2e-4)


def test_independent_samples_of_a_date_count_nearly_each() -> None:
    rejected = np.random.default_rng(4).random(8000) < 0.05
    found = rate_of(rejected, np.repeat(np.arange(800), 10))
    # The variance over 800 dates is known to 5 %.
    assert found.effective == pytest.approx(8000, rel=0.15)


def test_no_rejection_at_all_says_as_much_as_there_are_dates() -> None:
    found = rate_of(np.zeros(100, dtype=bool), np.repeat(np.arange(20), 5))
    assert found.effective == 20
    assert found.low == pytest.approx(0.0, abs=1e-15)
    assert found.high == pytest.approx(binomtest(0, 20).proportion_ci(method="wilson").high)
