"""Blocks to workers and answers back, whatever workers are lost on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from backtest.errors import DataUnavailable
from backtest.executors._dask_shared import Kept, not_shared
from backtest.executors._dask_shelf import Shelf
from backtest.executors._dask_work import Panel, compute, without_panel

if TYPE_CHECKING:
    from distributed import Client, Future

    from backtest.engine.job import Job

Made = TypeVar("Made")
Task = tuple[Any, ...]
"""A function of a worker and its arguments."""

ROUNDS = 4
"""How often the blocks that were lost are sent again before we give up."""

AHEAD = 3
"""Blocks on their way for each thread: it never waits for the next, and few answers pile up."""

ASK_AGAIN = 64
"""Blocks after which the number of workers is asked again; a cluster may grow."""


class Courier:
    """Sends the blocks of a study to the workers of a client, and has their files on a shelf."""

    def __init__(self, client: Client, shelf: Shelf | None = None) -> None:
        self._client = client
        self._shelf = shelf
        self._panel: Panel | None = None
        self._sent: Future | None = None

    def map(self, function: Callable[[Any], Made], jobs: Sequence[Job]) -> Iterator[Made]:
        """Compute blocks of one panel; answers in their order, as soon as they are there.

        A block whose worker dies is computed by another one. Where a panel dies with the last
        worker that held it, it is sent again with the blocks that are missing.

        Raises:
            DataUnavailable: workers die again and again, they cannot read what they are sent, or
                the scheduler is lost.
        """
        early: dict[int, Made] = {}
        due = 0
        try:
            for _ in range(ROUNDS):
                missing = [place for place in range(due, len(jobs)) if place not in early]
                if not missing:
                    break
                flight = _Flight(self._client, self._tasks(function, jobs), self._opened)
                for place, made in flight.land(deque(missing)):
                    early[place] = made
                    while due in early:
                        yield early.pop(due)
                        due += 1
                if not flight.complete:
                    self._panel = self._sent = None
        except (OSError, RuntimeError) as error:
            if self._client.status == "running":
                raise
            raise self._gone() from error
        if due < len(jobs):
            raise self._gone() if self._client.status != "running" else self._dying()

    def _tasks(
        self, function: Callable[[Any], object], jobs: Sequence[Job]
    ) -> Callable[[int], Task]:
        """Return what a worker has to do for each place: with files, or with a panel sent."""
        if self._shelf is not None and self._shelf.takes(jobs[0]):
            return self._shelf.tasks(function, jobs)
        panel = self._scattered(jobs[0])
        return lambda place: (compute, function, panel, without_panel(jobs[place]))

    def _opened(self, made: object) -> object:
        """Return a block's result, from its file if it has one; None where that is not there."""
        return self._shelf.open(made) if self._shelf and isinstance(made, Kept) else made

    def _scattered(self, job: Job) -> Future:
        """Return the panel of a job on all workers, sent unless it was the last one sent.

        The models of a study share a panel, and so do the draws of placebo dates.
        """
        if self._sent is None or self._panel is None or not self._panel.same(job):
            self._sent = None  # Let the workers forget the last one first.
            self._panel = Panel.of(job)
            # Not by its hash: equal data sent twice would share a fate.
            (self._sent,) = self._client.scatter([self._panel], broadcast=True, hash=False)
        return self._sent

    def _gone(self) -> DataUnavailable:
        address = self._client.scheduler.address if self._client.scheduler else "its address"
        return DataUnavailable.because(
            "lost-scheduler",
            f"the Dask scheduler at {address} is gone",
            field="scheduler",
            hint="run again; what was finished before is kept",
        )

    def _dying(self) -> DataUnavailable:
        if self._shelf is not None and self._shelf.lost:
            return not_shared(self._shelf.shared)
        return DataUnavailable.because(
            "lost-workers",
            f"Dask workers died again and again under the same blocks, in {ROUNDS} attempts",
            field="engine",
            hint="they may lack memory: docs/scale.md says how much a worker needs",
        )


class _Flight:
    """One attempt to have blocks computed, a few ahead of each thread.

    Attributes:
        complete: whether all that was sent came back.
    """

    def __init__(
        self, client: Client, task: Callable[[int], Task], opened: Callable[[object], Any]
    ) -> None:
        from distributed import as_completed

        self.complete = True
        self._client = client
        self._task = task
        self._opened = opened
        self._places: dict[Future, int] = {}
        self._flying = as_completed(loop=client.loop, with_results=True, raise_errors=False)

    def land(self, waiting: deque[int]) -> Iterator[tuple[int, Any]]:
        """Compute the blocks that wait; yield the place and the answer of each as it comes back."""
        self._launch(waiting)
        for landed, (future, made) in enumerate(self._flying, start=1):
            place = self._places.pop(future)
            found = None
            if future.status == "finished":
                found = self._opened(made)
            elif not _is_lost(future.status, made):
                raise _told(made[1]).with_traceback(made[2])
            else:
                waiting.clear()  # The rest that flies may land; nothing more is sent after it.
            future.release()  # Not left to its destructor, in which Ctrl-C would be lost.
            self._launch(waiting, 1 if landed % ASK_AGAIN else None)
            if found is None:
                self.complete = False
            else:
                yield place, found

    def _launch(self, waiting: deque[int], count: int | None = None) -> None:
        """Send some blocks off; without a count as many as keep all threads busy."""
        if count is None:
            threads = sum(self._client.nthreads().values())
            count = max(1, AHEAD * threads - len(self._places))
        for _ in range(min(count, len(waiting))):
            place = waiting.popleft()
            key = f"backtest-block-{uuid4().hex}"
            future = self._client.submit(*self._task(place), key=key)
            self._places[future] = place
            self._flying.add(future)


def _told(error: BaseException) -> BaseException:
    """Return a block's error as it is, unless the block could not even be read."""
    if not isinstance(error, ImportError) and "deserialization" not in str(error):
        return error
    why = error.__cause__ or error
    return DataUnavailable.because(
        "unreadable-blocks",
        f"the Dask scheduler or its workers cannot read what they are sent ({why})",
        field="engine",
        hint="install backtest, and the plug-ins the study names, on all machines alike",
    )


def _is_lost(status: str, made: object) -> bool:
    """Whether a block has no answer because of the machines, not because of the numbers."""
    from distributed.scheduler import KilledWorker

    if status in ("cancelled", "lost") or isinstance(made, CancelledError):
        return True
    return isinstance(made, tuple) and isinstance(made[1], KilledWorker)
