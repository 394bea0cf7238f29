"""An abnormal return added to a placebo enters as if the security had really earned it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.placebos import normal_universe
from support.studies import quick, run

from backtest.audit.placebo import moved_ranks, placebo_sample, usable
from backtest.engine.ranks import both_ranks, twice_mid_ranks
from backtest.inference import tests
from backtest.spec import StudySpec, Window


@pytest.mark.parametrize("window", [Window(0, 0), Window(-2, 3)])
def test_added_is_as_if_earned(window: Window) -> None:
    spec = StudySpec(window=window, cars=(window,))
    returns = normal_universe(20, 420).returns
    rows, day0 = np.arange(1, 20), np.full(19, 300)
    earned = returns.copy()
    earned[1:, 300] += 0.013
    plain = run(returns, rows, day0, "market", spec)
    added = placebo_sample(plain, day0, spec, 420, 0.013)
    expected = placebo_sample(run(earned, rows, day0, "market", spec), day0, spec, 420)
    for name in ("car", "scar", "sar_sum", "n_days", "dof", "bhar"):
        np.testing.assert_allclose(getattr(added, name), getattr(expected, name), rtol=1e-12)
    for name in ("abnormal", "ranks", "own_ranks", "errors", "sigma", "day0"):
        found, wanted = getattr(added.before, name), getattr(expected.before, name)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-17)
    for key in (
        "patell",
        "bmp_adjusted",
        "rank",
        "grank_t",
        "calendar_time",
        "sign",
        "bhar_skewness_adjusted",
    ):
        test = tests.get(key)
        assert test.run(added).p == pytest.approx(test.run(expected).p, rel=1e-9)


values = st.lists(st.one_of(st.integers(-4, 4).map(float), st.just(np.nan)), min_size=3, max_size=9)


@quick
@given(values, st.integers(-5, 5).map(float), st.data())
def test_moved_ranks_are_those_of_the_moved_values(
    row: list[float], added: float, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(row) - 1))
    row[place] = 1.0
    before = np.array([row])
    after = before.copy()
    after[0, place] += added
    found = moved_ranks(twice_mid_ranks(before), before, place, added)
    np.testing.assert_array_equal(found, twice_mid_ranks(after))
    np.testing.assert_array_equal(found, both_ranks(after, 2)[0])


def test_a_constant_price_cannot_be_an_event() -> None:
    returns = normal_universe(5, 420).returns.copy()
    returns[2] = 0.0
    spec = StudySpec(window=Window(0, 0), cars=(Window(0, 0),))
    estimates = run(returns, [1, 2, 3], [300, 300, 300], "market", spec)
    assert usable(estimates).tolist() == [True, False, True]
