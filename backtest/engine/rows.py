"""Rows of a large array that are gathered only when they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.machine_code import worth_loading
from backtest.engine.ranks import Ranks

Numbers = TypeVar("Numbers", Floats, Ranks)

AT_ONCE = 2_048
"""Rows of a file that are in memory together: 5 MB, or 130 MB in an order of their own, since the
system maps 64 kB around each."""


@dataclass(frozen=True, slots=True)
class Rows(Generic[Numbers]):
    """Chosen rows of an array, read as `rows[some]`; `rows[:]` is all of them as an array.

    A group of a study's observations is such a choice. Most that is asked of the days before its
    events goes through them piece by piece, so that copying the whole group first, 2 kB an
    observation, would only move memory.

    Attributes:
        whole: the array, by row.
        chosen: (n,) which rows; None for all, in order.
        let_go: of an array that lies in a file, takes out of memory what was read of it.
    """

    whole: Numbers
    chosen: Ints | None = None
    let_go: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self.whole) if self.chosen is None else len(self.chosen)

    def __getitem__(self, some: slice | Ints | Bools) -> Numbers:
        """Return some of the rows: a view where all of an array are asked for, else a copy."""
        at = some if self.chosen is None else self.chosen[some]
        found: Numbers = self.whole[at]
        self.done()
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Return all of the rows, for NumPy's functions."""
        return np.array(self[:], dtype=dtype, copy=copy)

    @property
    def width(self) -> int:
        """Entries of a row."""
        return int(self.whole.shape[1])

    @property
    def many(self) -> bool:
        """Whether these are rows of a sample so large that machine code is loaded for it anyway."""
        return worth_loading(len(self.whole))

    @property
    def places(self) -> Ints:
        """(n,) which rows of the array they are."""
        return np.arange(len(self.whole)) if self.chosen is None else self.chosen

    def take(self, some: Ints | Bools) -> Rows[Numbers]:
        """Choose some of these rows; nothing is copied."""
        return Rows(self.whole, self.places[some], self.let_go)

    def first(self, entries: int) -> Rows[Numbers]:
        """Return the first entries of each row."""
        return Rows(self.whole[:, :entries], self.chosen, self.let_go)

    def pieces(
        self, order: Ints | None = None, cuts: Ints | None = None
    ) -> Iterator[tuple[slice, Ints]]:
        """Go through the rows, those of a file in pieces that do not fill the memory.

        Args:
            order: (n,) the rows in the order wanted; None for the order they have.
            cuts: ascending places where a piece may end; None for anywhere.

        Yields:
            A slice of the order, and (m,) which rows of the array it is.
        """
        at = self.places if order is None else self.places[order]
        ends: list[int] = [len(at)] if self.let_go is None else _ends(len(at), cuts)
        for first, last in pairwise([0, *ends]):
            yield slice(first, last), at[first:last]
            self.done()

    def done(self) -> None:
        """Take out of memory what was read of a file."""
        if self.let_go is not None:
            self.let_go()


def _ends(count: int, cuts: Ints | None) -> list[int]:
    """Return where pieces of `AT_ONCE` rows end, or of a few more, up to the next cut."""
    wanted = np.arange(AT_ONCE, count, AT_ONCE)
    if cuts is not None:
        later = np.append(cuts, count)
        wanted = np.unique(later[np.searchsorted(later, wanted)])
    return [int(end) for end in wanted if end < count] + [count]
