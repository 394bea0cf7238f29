"""Rows that grow in a file are the rows that were appended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import quick

from backtest.engine import rows
from backtest.results.scratch import Grown


@pytest.mark.parametrize("dtype", [np.float64, np.uint16, np.int64])
@pytest.mark.parametrize("counts", [(), (0,), (3,), (3, 0, 4)])
def test_what_was_appended_is_there(
    tmp_path: Path, dtype: type[np.generic], counts: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(1)
    parts = [rng.integers(0, 9, (count, 3)).astype(dtype) for count in counts]
    grown = Grown(np.empty(0, dtype), 3, tmp_path)  # type: ignore[type-var]
    for part in parts:
        grown.append(np.asfortranarray(part))
    expected = np.concatenate([np.empty((0, 3), dtype), *parts])
    assert len(grown) == len(expected)
    np.testing.assert_array_equal(grown.array(), expected)
    np.testing.assert_array_equal(grown.rows()[:], expected)
    assert grown.rows()[:].dtype == dtype
    assert list(tmp_path.iterdir()) == []


@quick
@given(st.integers(1, 40), st.integers(1, 9), st.data())
def test_pieces_are_all_rows_in_order(count: int, at_once: int, data: st.DataObject) -> None:
    grown = Grown(np.empty(0), 2, Path())
    values = np.arange(2.0 * count).reshape(count, 2)
    grown.append(values)
    order = np.array(data.draw(st.permutations(range(count))))
    cuts = np.array(sorted(data.draw(st.sets(st.integers(0, count)))), dtype=np.int64)
    lying = grown.rows()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "AT_ONCE", at_once)
        for allowed in (None, cuts):
            pieces = list(lying.pieces(order, allowed))
            np.testing.assert_array_equal(np.concatenate([at for _, at in pieces]), order)
            ends = [piece.stop for piece, _ in pieces]
            assert [piece.start for piece, _ in pieces] == [0, *ends[:-1]]
            if allowed is not None:
                assert set(ends[:-1]) <= set(allowed.tolist())
            else:
                assert max(len(at) for _, at in pieces) <= at_once
    np.testing.assert_array_equal(lying[order], values[order])
    np.testing.assert_array_equal(lying.take(order).first(1)[:], values[order, :1])


def test_rows_in_memory_are_one_piece() -> None:
    whole = rows.Rows(np.zeros((9_000, 1)))
    ((piece, at),) = whole.pieces()
    assert (piece, len(at)) == (slice(0, 9_000), 9_000)
