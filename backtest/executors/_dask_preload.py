"""What a worker process that we start does first."""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C, which the terminal sends to every process, to the one that started us."""
    del worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
