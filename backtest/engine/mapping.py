"""How independent pieces of work are done: one after another, in threads, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


class Mapper(Protocol):
    """Applies a function to every item; the answers come in order, whatever computes them."""

    def __call__(
        self, function: Callable[[Given], Made], items: Sequence[Given], /
    ) -> Iterable[Made]:
        """Return the answers."""
        ...


def shares_memory(map_blocks: Mapper) -> bool:
    """Whether the function may write its answers into arrays of the caller.

    A mapper that computes in other processes says so by an attribute `elsewhere = True`.
    """
    return not getattr(map_blocks, "elsewhere", False)


def one_by_one(function: Callable[[Given], Made], items: Sequence[Given], /) -> Iterable[Made]:
    """Apply the function in the caller's thread."""
    return map(function, items)
