"""The Dask workers of one study: reached or started, used for all its blocks, and let go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType

from backtest.engine.mapping import Given, Made, Mapper
from backtest.executors._dask_connect import connected, own_workers
from backtest.executors._dask_map import Courier
from backtest.executors._dask_shared import Shared
from backtest.executors._dask_shelf import Shelf
from backtest.executors._dask_work import are_blocks
from backtest.executors._interrupts import Interrupts
from backtest.executors.local import EXECUTOR as LOCAL


class DaskSession:
    """A mapper with workers, while it is entered; it can be entered again.

    Attributes:
        elsewhere: said to `backtest.engine.mapping.shares_memory`: answers have to travel.

    With an address, the scheduler is reached at once, so that a wrong one is told before any price
    is read. Workers of our own are started when there is work for more than one of them: starting
    takes seconds.
    """

    elsewhere = True

    def __init__(self, scheduler: str | None, jobs: int, shared: str | None = None) -> None:
        self._scheduler = scheduler
        self._jobs = jobs
        self._shelf = Shelf(Shared.at(shared)) if shared else None
        self._open = ExitStack()
        self._interrupts = Interrupts()
        self._courier: Courier | None = None

    def __enter__(self) -> Mapper:
        """Reach the scheduler, and the place for files.

        Raises:
            DataUnavailable: nobody answers, there is no worker, versions differ, or the place for
                files cannot be written.
        """
        if self._shelf is not None:
            self._shelf.shared.prepare()
        if self._scheduler is not None:
            client = self._open.enter_context(connected(self._scheduler))
            self._courier = Courier(client, self._shelf)
        self._open.enter_context(self._interrupts)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the workers go; those started here end.

        The files of a study that ended well go too; of another one, the next attempt finds them.
        """
        self._courier = None
        self._open.__exit__(kind, error, traceback)
        if self._shelf is not None:
            self._shelf.clear(blocks=error is None)

    def __call__(
        self, function: Callable[[Given], Made], items: Sequence[Given], /
    ) -> Iterable[Made]:
        """Compute blocks on the workers, and all else in threads of this process."""
        alone = self._scheduler is None and len(items) < 2
        if alone or not are_blocks(items):
            return LOCAL.map(function, items, self._jobs)
        if self._courier is None:
            client = self._open.enter_context(own_workers(self._jobs))
            self._courier = Courier(client, self._shelf)
        return self._interrupts.heeded(self._courier.map(function, items))
