"""Where blocks are computed, one file each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

from backtest.engine.mapping import Given, Made
from backtest.registry import Registry


@runtime_checkable
class Executor(Protocol):
    """Runs independent blocks; any executor gives the same bits."""

    key: str

    def map(
        self, function: Callable[[Given], Made], items: Sequence[Given], jobs: int
    ) -> Iterable[Made]:
        """Apply `function` to every item, at most `jobs` at a time, answers in order."""
        ...


executors: Registry[Executor] = Registry("backtest.executors", "EXECUTOR", "engine")
