"""The same targets guided by coverage, where `atheris` is there: what reaches new code is kept.

libFuzzer ends the process when its time is over, so the tally is written after every input.
"""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fuzz.campaign import Tally, alone, kept, take
from fuzz.targets import Target
from hypothesis import HealthCheck, Phase, given, seed, settings

SEEDS = 60
"""Inputs that the strategy draws to begin with."""
LONGEST = 20_000
"""Bytes of an input."""
EVERY = 0.5
"""Seconds between tallies."""


def can_guide() -> bool:
    """Whether `atheris` is there."""
    return find_spec("atheris") is not None


def guided(target: Target, seconds: float, number: int, out: Path) -> None:
    """Let inputs grow for some seconds, and write the tally to a file; does not return."""
    import atheris

    tally, seen, written = Tally(target.name), set[str](), [0.0]

    def one(data: bytes) -> None:
        try:
            with _silent():
                take(target, data, folder, tally)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            where = "".join(traceback.format_tb(error.__traceback__)[-1:])
            told = "".join(traceback.format_exception_only(error)).strip()
            if where not in seen:
                seen.add(where)
                tally.findings.append(f"{kept(target, data)}: {told[:400]}")
        if time.monotonic() - written[0] > EVERY or tally.tried < 3:
            tally.peak_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            out.write_text(json.dumps(tally.plain()))
            written[0] = time.monotonic()

    with tempfile.TemporaryDirectory() as temporary, alone(Path(temporary)) as folder:
        corpus = folder / "corpus"
        corpus.mkdir()
        drawn = _drawn(target, number)
        for place, data in enumerate(drawn):
            (corpus / f"{place:04d}").write_bytes(data)
        with atheris.instrument_imports(include=["backtest"], enable_loader_override=False):
            one(drawn[0])
        tally.slowest = 0.0
        options = [f"-max_total_time={seconds:.0f}", f"-seed={number}", f"-max_len={LONGEST}"]
        atheris.Setup(["fuzz", *options, "-verbosity=0", str(corpus)], one)
        atheris.Fuzz()


def _drawn(target: Target, number: int) -> list[bytes]:
    found: list[bytes] = []

    @seed(number)
    @settings(
        max_examples=SEEDS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.strategy())
    def draw(data: bytes) -> None:
        found.append(data)

    draw()
    return found


@contextmanager
def _silent() -> Iterator[Any]:
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        yield
