"""A real Dask scheduler and worker processes on this machine, as a cluster would start them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT = 120.0
"""Seconds after which something that should come has not."""


class Fleet:
    """A scheduler and workers of one thread each, without nannies: a killed one stays dead."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        # Also of its page about itself: two runs of these tests must not meet.
        any_port = ("--port", "0", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
        where = ("--scheduler-file", str(self._file), "--host", "127.0.0.1")
        self._scheduler = self._start("scheduler", *where, *any_port)
        until(self._file.exists)
        until(lambda: bool(self._file.read_text(encoding="utf-8")))
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        """The scheduler's."""
        import json

        address: str = json.loads(self._file.read_text(encoding="utf-8"))["address"]
        return address

    def add_worker(self) -> str:
        """Start a worker and return its name."""
        name = f"worker-{len(self.workers)}"
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        place = ("--local-directory", str(self._folder / name), "--name", name)
        self.workers[name] = self._start("worker", self.address, *options, *place)
        return name

    def kill_while_busy(self, name: str) -> threading.Thread:
        """Kill a worker by SIGKILL as soon as it has blocks to compute; join the thread."""
        from distributed import Client

        watcher = Client(self.address, set_as_default=False)  # before the study can begin

        def kill() -> None:
            with watcher:
                until(lambda: self._busy(watcher, name))
                self.workers[name].send_signal(signal.SIGKILL)
            self.workers[name].wait(LIMIT)

        thread = threading.Thread(target=kill)
        thread.start()
        return thread

    @staticmethod
    def _busy(watcher: object, name: str) -> bool:
        known = watcher.scheduler_info(n_workers=-1)["workers"]  # type: ignore[attr-defined]
        processing = watcher.processing()  # type: ignore[attr-defined]
        return any(processing.get(at) for at, one in known.items() if one["name"] == name)

    def stop(self) -> None:
        """End every process."""
        for process in (*self.workers.values(), self._scheduler):
            process.kill()
            process.wait(LIMIT)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            )


@contextmanager
def fleet(folder: Path, workers: int) -> Iterator[Fleet]:
    """Start a scheduler with workers, and end them."""
    made = Fleet(folder)
    try:
        for _ in range(workers):
            made.add_worker()
        yield made
    finally:
        made.stop()


def until(condition: object) -> None:
    """Wait for something that must come."""
    assert callable(condition)
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)
