"""A worker of the tests that dies is told, with what it said, and its test has a second try."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("xdist", reason="pytest-xdist is not installed")

TESTS = """
import ctypes, os, signal
from pathlib import Path

def test_before(): pass

def test_dies():
    times = Path("died")
    times.open("a").write("x")
    if len(times.read_text()) <= {deaths}:
        {death}

def test_after(): pass
"""
ADDRESS, KILLED = "ctypes.string_at(0)", "os.kill(os.getpid(), signal.SIGKILL)"


def _tested(folder: Path, death: str, deaths: int) -> subprocess.CompletedProcess[str]:
    (folder / "test_one.py").write_text(TESTS.format(death=death, deaths=deaths))
    (folder / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n1", "-p", "support.last_words", "test_one.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("death", "said"),
    [(ADDRESS, "Fatal Python error: Segmentation fault"), (KILLED, "left no word")],
    ids=["fault", "killed"],
)
def test_who_dies_once_has_a_second_try_and_is_told(tmp_path: Path, death: str, said: str) -> None:
    ran = _tested(tmp_path, death, deaths=1)
    assert ran.returncode == 0, ran.stdout
    assert "3 passed, 1 rerun" in ran.stdout
    assert "crashed while running 'test_one.py::test_dies'" in ran.stdout
    assert said in ran.stdout


def test_who_dies_twice_has_failed(tmp_path: Path) -> None:
    ran = _tested(tmp_path, ADDRESS, deaths=2)
    assert ran.returncode == 1
    assert "1 failed, 2 passed, 1 rerun" in ran.stdout
    assert 'test_one.py", line 11 in test_dies' in ran.stdout
