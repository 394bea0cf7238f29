"""Chosen rows of an array are those rows, however they were chosen."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.studies import quick

from backtest.engine.rows import Rows

WHOLE = np.arange(60.0).reshape(20, 3)
choices = st.lists(st.integers(0, 19), max_size=25).map(lambda rows: np.array(rows, dtype=np.int64))


@quick
@given(choices, st.data())
def test_a_choice_of_a_choice(first: np.ndarray, data: st.DataObject) -> None:
    once = Rows(WHOLE).take(first)
    plain = WHOLE[first]
    np.testing.assert_array_equal(once[:], plain)
    assert (len(once), once.width) == plain.shape
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(plain), max_size=len(plain))))
    mask = mask.astype(bool)
    np.testing.assert_array_equal(once.take(mask)[:], plain[mask])
    np.testing.assert_array_equal(once[mask], plain[mask])
    np.testing.assert_array_equal(once[2:7], plain[2:7])
    np.testing.assert_array_equal(once.first(2)[:], plain[:, :2])
    np.testing.assert_array_equal(np.isfinite(once), np.isfinite(plain))


def test_all_rows_are_the_array_itself() -> None:
    assert Rows(WHOLE)[:].base is WHOLE.base
    assert np.shares_memory(Rows(WHOLE)[:], WHOLE)
