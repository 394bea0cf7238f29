"""Where blocks are computed, one file each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Protocol, runtime_checkable

from backtest.engine.mapping import Given, Made, Mapper
from backtest.errors import BadUsage, Problem
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


@runtime_checkable
class Scheduled(Protocol):
    """An executor with workers outside this process, which are there for a whole study."""

    def open(
        self, scheduler: str | None, jobs: int, shared: str | None = None
    ) -> AbstractContextManager[Mapper]:
        """Return the workers of a scheduler, or `jobs` workers of its own, not yet reached.

        Panels and blocks go through files in the place `shared`, where one is named.

        Raises:
            BadUsage: the executor cannot be used here.
        """
        ...


executors: Registry[Executor] = Registry("backtest.executors", "EXECUTOR", "engine")


def workers(
    engine: str, jobs: int, scheduler: str | None = None, shared: str | None = None
) -> AbstractContextManager[Mapper]:
    """Return where a study computes its blocks; nothing is started before it is entered.

    Args:
        engine: key of an executor.
        jobs: how many blocks at a time, where no scheduler decides.
        scheduler: address of the scheduler of an executor that has one.
        shared: place for the files of an executor whose workers may be on other machines.

    Raises:
        BadUsage: an unknown engine, one that cannot be used, or a scheduler or a place for files
            for one that has no use for it.
    """
    executor = executors.get(engine)
    if isinstance(executor, Scheduled):
        return executor.open(scheduler, jobs, shared)
    unwanted = {"scheduler": scheduler, "shared": shared}
    problems = [_unwanted(engine, field, value) for field, value in unwanted.items() if value]
    if problems:
        raise BadUsage(problems)
    return nullcontext(partial(executor.map, jobs=jobs))


def _unwanted(engine: str, field: str, value: str) -> Problem:
    said = {"scheduler": "has no scheduler", "shared": "needs no place for files"}[field]
    return Problem(
        f"no-{field}-wanted",
        f"the engine `{engine}` {said}, but {value} was given",
        field=field,
        hint=f"add --engine dask, or leave --{field} out",
    )
