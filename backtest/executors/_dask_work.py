"""What a Dask worker does: one block, of a panel it was sent before.

This file is imported by the workers; it needs no part of Dask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, TypeGuard, TypeVar

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.job import Job
from backtest.engine.pool import Pool

Made = TypeVar("Made")
Numbers = TypeVar("Numbers", Floats, Ints)


@dataclass(frozen=True, slots=True)
class Panel:
    """What all blocks of a job share and what is large; sent to each worker once.

    Attributes:
        returns: (securities, S) as in `Job`.
        pool: as in `Job`.
    """

    returns: Floats
    pool: Pool | None

    @classmethod
    def of(cls, job: Job) -> Panel:
        """Take the large part out of a block."""
        return cls(job.returns, job.pool)

    def __reduce__(self) -> tuple[Callable[..., Panel], tuple[Floats, Pool | None]]:
        """Arrive as it is here: what comes over a network lies anywhere in memory."""
        return _arrived, (self.returns, self.pool)

    def same(self, job: Job) -> bool:
        """Whether a block is of this panel: the same arrays, not equal ones."""
        return job.returns is self.returns and job.pool is self.pool


def _arrived(returns: Floats, pool: Pool | None) -> Panel:
    return Panel(plain(returns), pool)


def plain(values: Numbers) -> Numbers:
    """Return an array that machine code takes for the same kind as those made here.

    Of another kind (read-only, or not on a word's boundary) it would be compiled anew, and could
    take its sums in another order.
    """
    return np.require(values, requirements=["C", "A", "W"])


def are_blocks(items: Sequence[object]) -> TypeGuard[Sequence[Job]]:
    """Whether the items are blocks of one panel, that is: small without it.

    Everything else that is mapped (a group of a sample, with the history of all its events) would
    cost more to send than to compute.
    """
    first = items[0] if items else None
    if not isinstance(first, Job):
        return False
    panel = Panel.of(first)
    return all(isinstance(item, Job) and panel.same(item) for item in items)


def without_panel(job: Job) -> Job:
    """Return the small rest of a block: rows, days, model and options."""
    return replace(job, returns=np.empty((0, 0)), pool=None)


def compute(function: Callable[[Job], Made], panel: Panel, job: Job) -> Made:
    """Compute one block in a worker."""
    rows, day0 = plain(job.rows), plain(job.day0)
    with _one_thread():
        return function(replace(job, returns=panel.returns, pool=panel.pool, rows=rows, day0=day0))


_LOCK = Lock()
_LIMITS: list[Any] = []
_RUNNING = 0


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let linear algebra have one thread while any block runs: sums depend on how many share them.

    A worker with several threads runs several blocks, and the limit is the process's: the last
    block to end lifts it, not the first.
    """
    global _RUNNING  # noqa: PLW0603
    from threadpoolctl import threadpool_limits

    with _LOCK:
        _RUNNING += 1
        # Anew for each block: the one before may have loaded another library.
        _LIMITS.append(threadpool_limits(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _LOCK:
            _RUNNING -= 1
            while _LIMITS and not _RUNNING:
                _LIMITS.pop().restore_original_limits()
