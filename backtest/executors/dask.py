"""Dask: processes here, or the workers of a cluster; the same function and the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec

from backtest.engine.mapping import Given, Made, Mapper
from backtest.errors import BadUsage


class DaskExecutor:
    """Worker processes that are sent the panel once, and then the rows of one block at a time."""

    key = "dask"

    def open(
        self, scheduler: str | None, jobs: int, shared: str | None = None
    ) -> AbstractContextManager[Mapper]:
        """Return the workers of a scheduler, or `jobs` processes on this machine.

        Raises:
            BadUsage: the library is not installed, or no scheduler can have this address.
        """
        if find_spec("distributed") is None:
            raise BadUsage.because(
                "missing-library",
                "the engine `dask` needs the library distributed, which is not installed",
                field="engine",
                hint="install it: pip install 'backtest[dask]'",
            )
        from backtest.executors._dask_address import refuse_no_address
        from backtest.executors._dask_session import DaskSession

        if scheduler is not None:
            refuse_no_address(scheduler)
        return DaskSession(scheduler, jobs, shared)

    def map(
        self, function: Callable[[Given], Made], items: Sequence[Given], jobs: int
    ) -> Iterable[Made]:
        """Apply `function` to every item by `jobs` processes that end with it."""
        with self.open(None, jobs) as map_blocks:
            return list(map_blocks(function, items))


EXECUTOR = DaskExecutor()
