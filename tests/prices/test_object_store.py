"""Prices in an object store, tried in a process of its own (`object_store_cases.py`).

With the first read from one Polars starts a thread that asks the environment ten times a second
ever after. Tests change the environment all the time, which the C library allows nobody to do
meanwhile: now and then that ended the process, in any test that came later.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).with_name("object_store_cases.py")


def test_in_a_process_of_its_own() -> None:
    pytest.importorskip("moto.server", reason="moto is not installed")
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    here = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(
        # A worker, since one that dies has its test tried again (`support.last_words`).
        [sys.executable, "-m", "pytest", "-n1", "-q", str(CASES)],
        cwd=CASES.parents[2],
        env=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
