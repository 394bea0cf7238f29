"""What this process knows of the files of a study: their names, and which are its own to remove."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from backtest.executors._dask_shared import Kept, Shared, compute_into
from backtest.executors._dask_work import Panel, without_panel
from backtest.results.keys import ENGINE_VERSION

if TYPE_CHECKING:
    from backtest.engine.job import Job


class Shelf:
    """The panels and blocks of one session in a shared place.

    A block's name is a hash of all that its numbers depend on, so that another attempt at the same
    study finds it; a panel's is new in each session, because a study that ends removes it.
    """

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.lost = 0
        self._panel: Panel | None = None
        self._digest = b""
        self._panels: list[str] = []
        self._blocks: list[str] = []

    @staticmethod
    def takes(job: Job) -> bool:
        """Whether panel and answers are numbers only: no pool, and no test of single events."""
        return job.pool is None and not job.tests

    def tasks(
        self, function: Callable[[Any], object], jobs: Sequence[Job]
    ) -> Callable[[int], tuple[Any, ...]]:
        """Return what a worker has to do for each place."""
        panel = self._written(jobs[0])

        def task(place: int) -> tuple[Any, ...]:
            job = jobs[place]
            self._blocks.append(self._name(function, job))
            small = without_panel(job)
            return compute_into, self.shared, function, panel, small, self._blocks[-1]

        return task

    def open(self, kept: Kept) -> object:
        """Return a block that a worker kept, None where it is not there."""
        found = self.shared.open(kept)
        self.lost += found is None
        return found

    def clear(self, *, blocks: bool) -> None:
        """Remove this session's panels, and its blocks if they are no longer of use."""
        self.shared.remove([*self._panels, *(self._blocks if blocks else ())])
        self._panel = None
        self._panels, self._blocks = [], []

    def _written(self, job: Job) -> str:
        """Return the file of a job's panel, written unless it was the last one written."""
        if self._panel is None or not self._panel.same(job):
            self.shared.remove(self._panels)
            self._panels = [f"panel-{uuid4().hex}.parquet"]
            self.shared.write(self._panels[0], {"returns": job.returns})
            self._panel = Panel.of(job)
            self._digest = hashlib.blake2b(job.returns.tobytes(), digest_size=16).digest()
        return self._panels[0]

    def _name(self, function: Callable[[Any], object], job: Job) -> str:
        """Return the file of a block."""
        words = (
            *(ENGINE_VERSION, function.__qualname__, job.model.key),
            *(job.spec.content_hash(event_level=True), repr(sorted(job.commons.items()))),
            f"{job.rows.dtype}{job.day0.dtype}{job.compiled}",
        )
        content = hashlib.blake2b("\x1f".join(words).encode(), digest_size=16)
        for part in (self._digest, job.rows.tobytes(), job.day0.tobytes()):
            content.update(part)
        return f"block-{content.hexdigest()}.parquet"
