"""The share of placebo draws as far out: by hand, its exactness, and what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from support.studies import quick

from backtest.engine import placebo_share as module
from backtest.engine.placebo_share import MIN_DRAWS, placebo_share


def test_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two observations, four draws, two windows; few draws are enough here to count by hand."""
    monkeypatch.setattr(module, "MIN_DRAWS", 3)
    own = np.array([[2.0, -1.0], [0.5, np.nan]])
    placebo = np.array(
        [
            [[1.0, 0.5], [-2.0, 0.9], [3.0, -0.2], [np.nan, 0.1]],
            [[0.1, 1.0], [np.nan, 2.0], [0.7, 3.0], [np.nan, 4.0]],
        ]
    )
    found = placebo_share(own, placebo)
    assert found.n.tolist() == [[3, 4], [2, 4]]
    # −2 ties with 2 and counts, as 3 does; none is as far out as −1; two draws are too few.
    np.testing.assert_array_equal(found.p, [[(1 + 2) / 4, (1 + 0) / 5], [np.nan, np.nan]])


def test_the_same_dates_drawn_again_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MIN_DRAWS", 3)
    dates = np.array([0.5, -2.0, 2.0, 0.0])
    drawn = dates[[0, 1, 1, 2, 0, 3, 3, 1, 0]]
    drawn[4] *= 1 + 1e-15  # summed in another order
    found = placebo_share(np.array([1.5]), drawn[:, None])
    assert found.n.tolist() == [4]
    assert found.p.tolist() == [(1 + 2) / 5]


def test_thirty_dates_are_too_few_however_often_they_are_drawn() -> None:
    rng = np.random.default_rng(2)
    drawn = rng.choice(rng.normal(size=30), 999)
    found = placebo_share(np.array([9.0]), drawn[:, None])
    assert found.n.tolist() == [30]
    assert np.isnan(found.p).all()


def test_one_sample_is_the_same_without_its_axis() -> None:
    rng = np.random.default_rng(3)
    own, placebo = rng.normal(size=(4, 3)), rng.normal(size=(4, 120, 3))
    together = placebo_share(own, placebo)
    for row in range(4):
        alone = placebo_share(own[row], placebo[row])
        np.testing.assert_array_equal(alone.n, together.n[row])
        np.testing.assert_array_equal(alone.p, together.p[row])


def test_as_many_draws_as_needed_and_one_fewer() -> None:
    placebo = np.random.default_rng(1).normal(size=(MIN_DRAWS, 1))
    assert placebo_share(np.array([9.0]), placebo).p.tolist() == [1 / 100]
    assert np.isnan(placebo_share(np.array([9.0]), placebo[1:]).p).all()
    nothing = placebo_share(np.array([9.0]), placebo[:0])
    assert nothing.n.tolist() == [0]
    assert np.isnan(nothing.p).all()


@quick
@given(st.lists(st.floats(1e-6, 1e6), min_size=100, max_size=140, unique=True))
def test_every_rank_comes_once(sizes: list[float]) -> None:
    """Of exchangeable values each is as likely the event's: p is uniform on k/(B + 1), exactly."""
    values = np.array(sizes) * np.where(np.arange(len(sizes)) % 2, 1.0, -1.0)
    ordered = np.sort(sizes)
    assume((np.diff(ordered) > 1e-9 * ordered[1:]).all())  # else they tie
    rest = np.stack([np.delete(values, at) for at in range(len(values))])
    p = placebo_share(values[:, None], rest[:, :, None]).p[:, 0]
    np.testing.assert_allclose(np.sort(p), np.arange(1, len(values) + 1) / len(values), rtol=1e-12)


def test_p_is_uniform_under_exchangeability() -> None:
    """Fat tails, and a factor common to an observation's draws, do not matter."""
    rng = np.random.default_rng(12)
    drawn = rng.standard_t(3, (3_000, 1_000, 1)) * rng.gamma(2.0, 1.0, (3_000, 1, 1))
    p = placebo_share(drawn[:, 0], drawn[:, 1:]).p[:, 0]
    assert stats.kstest(p, "uniform").pvalue > 0.05
    assert stats.kstest(p**0.9, "uniform").pvalue < 0.05  # it could have failed


def test_size_where_dates_are_drawn_again_and_again() -> None:
    """From 120 dates; counting each as often as it was drawn would reject 0.8 % at 0.1 %."""
    rng = np.random.default_rng(5)
    values = rng.standard_normal((4_000, 121))
    again = np.take_along_axis(values, rng.integers(1, 121, (4_000, 999)), axis=1)
    found = placebo_share(values[:, :1], again[:, :, None])
    p, steps = found.p[:, 0], found.n[:, 0] + 1
    for level in (0.001, 0.01, 0.05, 0.1):
        at_most = stats.binom.ppf(0.999, 4_000, level)
        assert (p <= level).sum() <= at_most
    within = p - rng.random(len(p)) / steps  # somewhere on its step
    assert stats.kstest(within, "uniform").pvalue > 0.05
