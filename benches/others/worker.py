"""Runs one package in the packages' environment.

`python -m others.worker NAME TASK.npz OUT.npz EVENTS` warms the package up on few events, then
times whole studies of so many, and writes what they took and said. What a package raises ends the
process, and whoever started it reads the last line of the error.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from others.task import Adapter, Answer, Study, Task

WARM_UP = 20
ROUNDS, LAST_BEGINS = 5, 8.0
"""Rounds at most, and after how many seconds no other begins."""


def timed(study: Study) -> tuple[float, Answer]:
    """Run a study once; return its seconds too."""
    gc.collect()
    start = time.perf_counter()
    answer = study()
    return time.perf_counter() - start, answer


def rounds(study: Study) -> tuple[list[float], Answer]:
    """Run a study some times; return the seconds of each and the last answer."""
    seconds, answer = timed(study)
    all_seconds = [seconds]
    while len(all_seconds) < ROUNDS and sum(all_seconds) < LAST_BEGINS:
        seconds, answer = timed(study)
        all_seconds.append(seconds)
    return all_seconds, answer


def main(name: str, source: str, out: str, events: str) -> None:
    """Measure one package."""
    warnings.simplefilter("ignore")
    adapter: Adapter = importlib.import_module(f"others.adapters.{name}")  # type: ignore[assignment]
    task = Task.read(Path(source))
    chosen = adapter.eligible(task)[: int(events)]
    timed(adapter.prepare(task.take(chosen[:WARM_UP])))
    seconds, answer = rounds(adapter.prepare(task.take(chosen)))
    if answer.cars.shape != chosen.shape:
        raise ValueError(f"{answer.cars.shape} CARs for {len(chosen)} events")
    none = np.full(len(chosen), np.nan)
    np.savez(
        out,
        seconds=seconds,
        chosen=chosen,
        cars=answer.cars,
        errors=none if answer.errors is None else answer.errors,
        tests=json.dumps(answer.tests),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
