"""One target for some seconds, in a process of its own: what was tried, and what came of it."""

from __future__ import annotations

import hashlib
import os
import resource
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fuzz.targets import Target
from hypothesis import HealthCheck, Phase, given, seed, settings

BATCH = 200
MEMORY = 6_000_000_000
"""Bytes of address space; the libraries alone map two thousand million."""
PATIENCE = 30.0
"""Seconds beyond its time in which a failing input is made small."""
SLOW = 20.0
"""Seconds for one small input that are a finding."""
FOUND = Path(__file__).parent / "found"


@dataclass
class Tally:
    """What came of the inputs of a target; times in seconds, memory in bytes."""

    target: str
    tried: int = 0
    accepted: int = 0
    refused: int = 0
    slowest: float = 0.0
    peak_memory: int = 0
    findings: list[str] = field(default_factory=list)
    slowest_input: bytes = b""

    def plain(self) -> dict[str, Any]:
        """Return plain values, without the input."""
        return {name: value for name, value in asdict(self).items() if name != "slowest_input"}


@contextmanager
def alone(folder: Path) -> Iterator[Path]:
    """Work in a folder with a cache, a calendar and addresses that reach nobody."""
    here = Path.cwd()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events").mkdir(exist_ok=True)
    for name in [name for name in os.environ if name.startswith("BACKTEST_")]:
        del os.environ[name]
    os.environ |= {
        "BACKTEST_CACHE": str(folder / "cache"),
        "BACKTEST_YAHOO_URL": "http://127.0.0.1:9",
        "BACKTEST_FRENCH_URL": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(here)


def take(target: Target, data: bytes, folder: Path, tally: Tally) -> None:
    """Give a target one input and note what came of it."""
    started = time.perf_counter()
    try:
        outcome = target.take(data, folder)
    finally:
        tally.tried += 1
        needed = time.perf_counter() - started
        if needed > tally.slowest:
            tally.slowest, tally.slowest_input = needed, data
    if outcome == "accepted":
        tally.accepted += 1
    else:
        tally.refused += 1


def tried(target: Target, seconds: float, first_seed: int = 0) -> Tally:
    """Draw inputs until the time is over; a failing one is made small and kept in `found/`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as temporary, alone(Path(temporary)) as folder:
        # The first input pays for loading the libraries, which says nothing of the others.
        tally = Tally(target.name)
        _batch(target, folder, tally, first_seed, 1, time.monotonic() + seconds + PATIENCE)
        tally.slowest = 0.0
        ends = time.monotonic() + seconds
        number = first_seed + 1
        while time.monotonic() < ends:
            _batch(target, folder, tally, number, BATCH, ends)
            number += 1
    if tally.slowest > SLOW:
        place = kept(target, tally.slowest_input)
        tally.findings.append(f"{place}: took {tally.slowest:.0f} seconds")
    tally.peak_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return tally


def _batch(
    target: Target, folder: Path, tally: Tally, number: int, examples: int, ends: float
) -> None:
    failing: list[bytes] = []

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.strategy())
    def one(data: bytes) -> None:
        if time.monotonic() >= ends + (PATIENCE if failing else 0):
            return
        try:
            take(target, data, folder, tally)
        except BaseException:
            failing.append(data)
            raise

    try:
        one()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if not failing:
            raise
        told = "".join(traceback.format_exception_only(error)).strip()
        tally.findings.append(f"{kept(target, min(failing, key=len))}: {told[:400]}")


def kept(target: Target, data: bytes) -> str:
    """Save an input that failed, and return its place."""
    folder = FOUND / target.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.blake2b(data, digest_size=6).hexdigest()
    path.write_bytes(data)
    return str(path)
