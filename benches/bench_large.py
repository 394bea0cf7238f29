"""A study of a million events from files to files: how much memory it takes, and how long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from processes import STATUS
from pytest_benchmark.fixture import BenchmarkFixture
from workload.universe import Universe

COUNT = 1_000_000
HERE = Path(__file__).parent

_CHILD = """
import sys, threading, time
import backtest as bt
from backtest import study
from processes import memory

seen = {"own": 0.0}

def watch():
    while True:
        seen["own"] = max(seen["own"], memory("RssAnon"))
        time.sleep(0.01)

real = study._level

def level(*arguments):
    seen["before"] = memory("RssAnon")
    return real(*arguments)

study._level = level
threading.Thread(target=watch, daemon=True).start()
events, prices, out, cache = sys.argv[1:]
started = time.perf_counter()
result = bt.run(events, prices, cache=cache)
result.write(out)
print(seen["before"], seen["own"], memory("VmHWM"), time.perf_counter() - started)
"""


@pytest.mark.skipif(not STATUS.exists(), reason="memory is read as Linux tells it")
@pytest.mark.usefixtures("sessions")
def test_large_study(benchmark: BenchmarkFixture, universe: Universe, tmp_path: Path) -> None:
    """A process of its own, default tests, every table written."""
    events = tmp_path / "events.parquet"
    universe.events(COUNT if benchmark.enabled else 1_000).write_parquet(events)
    answers: list[str] = []

    def child() -> None:
        arguments = (events, universe.path, tmp_path / "out", tmp_path / "cache")
        program = [sys.executable, "-c", _CHILD, *map(str, arguments)]
        ran = subprocess.run(program, capture_output=True, text=True, check=True, cwd=HERE)
        answers.append(ran.stdout)

    benchmark.pedantic(child, rounds=1)
    if benchmark.enabled:
        before, own, mapped, seconds = map(float, answers[-1].split())
        more = own - before
        benchmark.extra_info |= {
            "story": f"a study of {COUNT:,} SIMULATED events, default tests, files to files, "
            f"{seconds:.0f} s: {more:.2f} GB beyond libraries, events and panel ({before:.2f} GB; "
            f"target ≤ 1 GB: {'met' if more <= 1 else 'MISSED'}); with files that are mapped, and "
            f"that the system drops at need, {mapped:.2f} GB in all",
            "steps": [],
        }
