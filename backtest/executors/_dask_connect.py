"""Reaching a Dask scheduler, or starting workers here; both are closed whatever happens."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from backtest.errors import DataUnavailable
from backtest.executors._dask_address import short

if TYPE_CHECKING:
    from distributed import Client

ANSWER = 8
"""Seconds a scheduler has to answer."""

FIRST_WORKER = 30
"""Seconds until the first worker of a scheduler has to be there."""

SAME = ("python", "backtest", "numpy", "scipy", "numba")
"""What must be of one version everywhere: it makes the numbers, or reads what is sent."""


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect to a running scheduler that has workers like us.

    Raises:
        DataUnavailable: nobody answers, there is no worker, or versions differ.
    """
    client = _reached(address)
    with _quiet_on_error() as quieten:
        try:
            _refuse_no_workers(client, address)
            _refuse_other_versions(client.get_versions(packages=SAME[1:]), address)
            with quieten():
                yield client
        finally:
            client.close(timeout=ANSWER)


@contextmanager
def _quiet_on_error() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Say nothing of what was on its way when an error, or Ctrl-C, cut it short.

    The context given is for the inside, where the error is first seen; closing comes after it:
    tasks are forgotten unfinished, and a scheduler of ours may write to a client that is gone.
    """
    loggers = [logging.getLogger(name) for name in ("asyncio", "distributed.scheduler")]
    before, errors = [logger.level for logger in loggers], 0

    @contextmanager
    def quieten() -> Iterator[None]:
        nonlocal errors
        try:
            yield
        except BaseException:
            errors += 1
            for logger in loggers:
                logger.setLevel(logging.CRITICAL + 1)
            raise

    try:
        yield quieten
    finally:
        if errors:
            gc.collect()  # An unfinished task is reported when it is forgotten.
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _reached(address: str) -> Client:
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    try:
        with warnings.catch_warnings():
            # What matters is told below, as an error.
            warnings.simplefilter("ignore", VersionMismatchWarning)
            return Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        raise DataUnavailable.because(
            "no-scheduler",
            f"no Dask scheduler answers at {address} ({short(error)})",
            field="scheduler",
            hint="start one with `dask scheduler`, or leave --scheduler out to compute here",
        ) from None


def _refuse_no_workers(client: Client, address: str) -> None:
    from dask.distributed import TimeoutError as Late

    try:
        client.wait_for_workers(1, timeout=FIRST_WORKER)
    except Late:
        raise DataUnavailable.because(
            "no-workers",
            f"the Dask scheduler at {address} has no workers, and none came in {FIRST_WORKER} s",
            field="scheduler",
            hint=f"start some with `dask worker {address}`",
        ) from None


def _refuse_other_versions(versions: Mapping[str, Any], address: str) -> None:
    """Refuse workers whose numbers could differ from ours, and who cannot read what we send.

    The scheduler reads it too.
    """
    ours = _packages(versions["client"])
    workers = sorted(versions["workers"].items())
    members = {f"the worker {worker}": facts for worker, facts in workers}
    for member, facts in {"the scheduler itself": versions["scheduler"], **members}.items():
        theirs = _packages(facts)
        differing = [name for name in SAME if theirs[name] != ours[name]]
        if differing:
            said = ", ".join(f"{name} {theirs[name]} (here {ours[name]})" for name in differing)
            raise DataUnavailable.because(
                "other-versions",
                f"at the Dask scheduler {address}, {member} has {said}",
                field="scheduler",
                hint="install the same versions on all machines, from requirements.lock",
            )


def _packages(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the versions that matter; Python's without the release level."""
    found: Mapping[str, str | None] = facts["packages"]
    every = {name: found.get(name) or "not installed" for name in SAME}
    return {**every, "python": ".".join(every["python"].split(".")[:3])}


ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Of our workers. Dask's default also sets MALLOC_TRIM_THRESHOLD_, with which every array is given
back to the system and its pages are made anew: a block then takes twice as long."""


@contextmanager
def own_workers(count: int) -> Iterator[Client]:
    """Start processes of one thread each on this machine, with a scheduler on the loopback."""
    import dask
    from distributed import Client, LocalCluster

    settings = {
        # Spawned, not forked: Polars has threads, and a fork copies their locks.
        "distributed.worker.multiprocessing-method": "spawn",
        "distributed.nanny.pre-spawn-environ": ENVIRONMENT,
    }
    with (
        _quiet_on_error() as quieten,
        dask.config.set(settings),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            # Any port: the usual one may be another cluster's, and nobody looks at this page.
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
            preload=["backtest.executors._dask_preload"],
        ) as cluster,
        Client(cluster, set_as_default=False, direct_to_workers=True) as client,
        quieten(),
    ):
        yield client
