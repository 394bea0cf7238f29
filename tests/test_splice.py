"""Tables of several runs, put together in the order of one study."""

from __future__ import annotations

from itertools import count

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest import splice
from backtest.splice import Part, spliced, stack

OBS = "_obs"


def _part(rows_each: list[int], numbers: list[int], tag: int) -> Part:
    """A run of observations 0, 2, 4, … with so many rows each, wanted as `numbers` or −1."""
    stored = np.arange(len(rows_each)) * 2
    own = np.repeat(stored, rows_each)
    value = [f"{tag}/{obs}/{row}" for row, obs in enumerate(own)]
    table = pl.DataFrame(
        {OBS: pl.Series(own, dtype=pl.UInt32), "value": pl.Series(value, dtype=pl.String)}
    )
    return Part({"t": table}, stored, np.array(numbers, dtype=np.int64))


@st.composite
def runs(draw: st.DrawFn) -> list[Part]:
    """Up to four runs whose observations share out the numbers of a study."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    total = sum(sizes)
    wanted = draw(st.permutations(range(total)))
    dropped = draw(st.sets(st.integers(0, total - 1), max_size=total))
    free = iter(wanted)
    parts = []
    ids = count()
    for tag, size in enumerate(sizes):
        each = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
        mine = [next(free) for _ in range(size)]
        parts.append(_part(each, [-1 if next(ids) in dropped else n for n in mine], tag))
    return parts


def _sorted(parts: list[Part]) -> pl.DataFrame:
    """The same by translating, filtering and sorting everything."""
    frames = []
    for part in parts:
        to = dict(zip(part.stored.tolist(), part.numbers.tolist(), strict=True))
        number = pl.col(OBS).replace_strict(to, return_dtype=pl.Int64)
        frames.append(part.tables["t"].with_columns(number).filter(pl.col(OBS) >= 0))
    return pl.concat(frames).sort(OBS, maintain_order=True).cast({OBS: pl.UInt32})


@pytest.mark.parametrize("many", [1, splice.MANY])
@given(parts=runs())
def test_splicing_is_sorting(many: int, parts: list[Part]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splice, "MANY", many)
        assert spliced(parts, ["t"], OBS)["t"].equals(_sorted(parts))


def test_an_untouched_run_comes_back_as_it_is() -> None:
    part = _part([2, 1, 3], [0, 1, 2], 0)
    table = spliced([part], ["t"], OBS)["t"]
    assert table["value"].to_list() == part.tables["t"]["value"].to_list()
    assert table[OBS].to_list() == [0, 0, 1, 2, 2, 2]


def test_coefficients_take_the_union_of_their_fields() -> None:
    one = pl.DataFrame({"c": [{"alpha": 1.0}]})
    two = pl.DataFrame({"c": [{"alpha": 2.0, "smb": 0.5}]})
    assert stack([one, two])["c"].to_list() == [
        {"alpha": 1.0, "smb": None},
        {"alpha": 2.0, "smb": 0.5},
    ]
