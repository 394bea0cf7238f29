"""Blocks to workers and answers back, whatever workers are lost on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from backtest.errors import DataUnavailable
from backtest.executors._dask_shared import Kept, not_shared
from backtest.executors._dask_shelf import Shelf
from backtest.executors._dask_work import Panel, compute, without_panel

if TYPE_CHECKING:
    from distributed import Client, Future

    from backtest.engine.estimate import Job

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

    def map(self, function: Callable[[Any], Made], jobs: Sequence[Job]) -> list[Made]:
        """Compute blocks of one panel; answers in their order.

        A block whose worker dies is computed by another one. Where a panel dies with the last
        worker that held it, it is sent again with the blocks that are missing.

        Raises:
            DataUnavailable: workers die again and again, they cannot read what they are sent, or
                the scheduler is lost.
        """
        answers: dict[int, Made] = {}
        try:
            for _ in range(ROUNDS):
                missing = [place for place in range(len(jobs)) if place not in answers]
                if not missing:
                    break
                flight = _Flight(self._client, self._tasks(function, jobs), self._opened)
                if not flight.collect(deque(missing), answers):
                    self._panel = self._sent = None
        except (OSError, RuntimeError) as error:
            if self._client.status == "running":
                raise
            raise self._gone() from error
        if len(answers) < len(jobs):
            raise self._gone() if self._client.status != "running" else self._dying()
        return [answers[place] for place in range(len(jobs))]

    def _tasks(
        self, function: Callable[[Any], object], jobs: Sequence[Job]
    ) -> Callable[[int], Task]:
        """Return what a worker has to do for each place: with files, or with a panel sent."""
        if self._shelf is not None and jobs[0].pool is None:
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
    """One attempt to have blocks computed, a few ahead of each thread."""

    def __init__(
        self, client: Client, task: Callable[[int], Task], opened: Callable[[object], object]
    ) -> None:
        from distributed import as_completed

        self._client = client
        self._task = task
        self._opened = opened
        self._places: dict[Future, int] = {}
        self._flying = as_completed(loop=client.loop, with_results=True, raise_errors=False)

    def collect(self, waiting: deque[int], answers: dict[int, Any]) -> bool:
        """Compute the blocks that wait, and say whether all of them came back."""
        complete = True
        self._launch(waiting)
        for landed, (future, made) in enumerate(self._flying, start=1):
            place = self._places.pop(future)
            if future.status == "finished":
                answers[place] = self._opened(made)
                if answers[place] is None:
                    del answers[place]
                    complete = False
            elif _is_lost(future.status, made):
                complete = False  # The rest that flies may land; nothing more is sent after it.
                waiting.clear()
            else:
                raise _told(made[1]).with_traceback(made[2])
            self._launch(waiting, 1 if landed % ASK_AGAIN else None)
        return complete

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
