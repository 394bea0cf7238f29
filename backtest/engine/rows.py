"""Rows of a large array that are gathered only when they are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.machine_code import worth_loading
from backtest.engine.ranks import Ranks

Numbers = TypeVar("Numbers", Floats, Ranks)


@dataclass(frozen=True, slots=True)
class Rows(Generic[Numbers]):
    """Chosen rows of an array, read as `rows[some]`; `rows[:]` is all of them as an array.

    A group of a study's observations is such a choice. Most that is asked of the days before its
    events goes through them piece by piece, so that copying the whole group first, 2 kB an
    observation, would only move memory.

    Attributes:
        whole: the array, by row.
        chosen: (n,) which rows; None for all, in order.
    """

    whole: Numbers
    chosen: Ints | None = None

    def __len__(self) -> int:
        return len(self.whole) if self.chosen is None else len(self.chosen)

    def __getitem__(self, some: slice | Ints | Bools) -> Numbers:
        """Return some of the rows: a view where all of an array are asked for, else a copy."""
        at = some if self.chosen is None else self.chosen[some]
        found: Numbers = self.whole[at]
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
        return Rows(self.whole, self.places[some])

    def first(self, entries: int) -> Rows[Numbers]:
        """Return the first entries of each row."""
        return Rows(self.whole[:, :entries], self.chosen)
