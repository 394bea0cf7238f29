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
            [[0.1, 1.0], [np.nan, 1.0], [0.7, 1.0], [np.nan, 1.0]],
        ]
    )
    found = placebo_share(own, placebo)
    assert found.n.tolist() == [[3, 4], [2, 4]]
    # −2 ties with 2 and counts, as 3 does; none is as far out as −1; two draws are too few.
    np.testing.assert_array_equal(found.p, [[(1 + 2) / 4, (1 + 0) / 5], [np.nan, np.nan]])


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
