"""Processes for work that holds the interpreter's lock: a test of fifty events is all overhead.

Thousands of small samples gain nothing from threads. Each process is given once what all pieces
share, and then pieces of a few numbers.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

Shared = TypeVar("Shared")
Given = TypeVar("Given")
Made = TypeVar("Made")


def map_shared(
    function: Callable[[Shared, Given], Made], shared: Shared, items: Sequence[Given], jobs: int
) -> Iterator[Made]:
    """Yield `function(shared, item)` of every item in order, computed by `jobs` processes.

    A single job runs in the caller's process. What is given must be picklable.
    """
    if jobs <= 1 or len(items) <= 1:
        for item in items:
            yield function(shared, item)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Spawned, not forked: Polars has threads, and a fork copies their locks.
    context = get_context("spawn")
    work = _Work(function)
    pool = ProcessPoolExecutor(jobs, context, _begin, (shared,))
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


_SHARED: list[Any] = []
"""What this process was given, once it was."""


class _Work(Generic[Given, Made]):
    """The function with what the process was given at its start."""

    def __init__(self, function: Callable[[Any, Given], Made]) -> None:
        self._function = function

    def __call__(self, item: Given) -> Made:
        return self._function(_SHARED[0], item)


def _begin(shared: object) -> None:
    """Keep what is shared; an interrupt is the caller's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _SHARED[:] = [shared]
