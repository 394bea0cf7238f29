"""Machine code on disk is that of the sources, function and types asked, or is made anew."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="numba is not installed")

KERNEL = """
from backtest.engine.jit import compiled
from constants import FACTOR

@compiled
def total(values):
    found = values[0] * 0
    for value in values:
        found += FACTOR * value
    return found
"""
USE = """
import numpy as np
from kernel import total

print(total(np.arange(5)), total(np.arange(5) / 2), sum(total.stats.cache_hits.values()))
"""


class Place:
    """A folder with a kernel and what it is compiled to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "kernel.py").write_text(KERNEL)
        self.factor(1)

    def factor(self, value: int) -> None:
        """Change a constant of another module, which the code has in it."""
        (self.folder / "constants.py").write_text(f"FACTOR = {value}\n")

    def use(self, **environment: str) -> list[float]:
        """Return the sums of 0…4 and of their halves, and how many were not compiled anew."""
        ran = subprocess.run(
            [sys.executable, "-c", USE],
            cwd=self.folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return [float(word) for word in ran.stdout.split()]

    @property
    def files(self) -> list[Path]:
        return sorted((self.folder / "__pycache__").glob("*.code"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    assert made.use() == [10, 5, 0]
    assert len(made.files) == 2
    return made


def test_code_is_compiled_once(place: Place) -> None:
    assert place.use() == [10, 5, 2]


def test_code_of_other_types_is_not_run(place: Place) -> None:
    """Numba's own index came to that when two processes compiled at once: a sum was 5e-323."""
    one, other = place.files
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert place.use() == [10, 5, 0]
    assert place.use() == [10, 5, 2]


def _flip(content: bytes) -> bytes:
    return content[:-50] + bytes([content[-50] ^ 4]) + content[-49:]


@pytest.mark.parametrize("harm", [_flip, lambda c: c[:-9], lambda c: b"", lambda c: b"\n" + c])
def test_damaged_code_is_compiled_anew(place: Place, harm: Callable[[bytes], bytes]) -> None:
    for file in place.files:
        file.write_bytes(harm(file.read_bytes()))
    assert place.use() == [10, 5, 0]
    assert place.use() == [10, 5, 2]


def test_a_constant_of_a_neighbour_is_watched(place: Place) -> None:
    before = place.files
    place.factor(3)
    assert place.use() == [30, 15, 0]
    assert len(place.files) == 2
    assert set(place.files).isdisjoint(before)


def test_without_room_it_is_compiled_each_time(place: Place) -> None:
    for file in place.files:
        file.unlink()
        file.mkdir()  # what cannot be replaced by a file
    assert place.use() == [10, 5, 0]


def test_without_any_folder_too(place: Place) -> None:
    blocked = place.folder / "file"
    blocked.write_text("")
    assert place.use(NUMBA_CACHE_DIR=str(blocked / "cache"))[:2] == [10, 5]
