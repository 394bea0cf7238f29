"""Ranks within rows, against SciPy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata
from support.studies import quick

from backtest.engine.arrays import Floats
from backtest.engine.ranks import both_ranks, twice_mid_ranks


def _values(seed: int, shape: tuple[int, int], decimals: int) -> Floats:
    """Return values with ties (the fewer decimals, the more) and missing days."""
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(0, 1, shape), decimals)
    values[rng.random(shape) < 0.1] = np.nan
    return values


def _scipy(values: Floats) -> Floats:
    ranks = np.array([rankdata(row, method="average", nan_policy="omit") for row in values])
    return np.nan_to_num(2 * ranks)


@quick
@given(
    st.integers(0, 10**6),
    st.tuples(st.integers(1, 6), st.integers(2, 60)),
    st.sampled_from([0, 1, 12]),
)
def test_mid_ranks_are_those_of_scipy(seed: int, shape: tuple[int, int], decimals: int) -> None:
    values = _values(seed, shape, decimals)
    assert (twice_mid_ranks(values) == _scipy(values)).all()
    days = shape[1] // 2
    every, first = both_ranks(values, days)
    assert (every == twice_mid_ranks(values)).all()
    assert (first == _scipy(values[:, :days])).all()


def test_rows_without_a_value_and_of_equal_values() -> None:
    values = np.array([[np.nan, np.nan, np.nan], [5.0, 5.0, 5.0]])
    assert twice_mid_ranks(values).tolist() == [[0, 0, 0], [4, 4, 4]]
