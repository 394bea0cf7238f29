"""The packages' own environment: made by this Python, never the project's `.venv`."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from others.measured import Failed, Measured, title
from others.task import Adapter

HERE = Path(__file__).parent
INSTALL, RUN = 900, 300
"""Seconds after which an installation or a package's rounds are given up."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment.

    Attributes:
        folder: where it is, and where files are exchanged with it.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        inside = Path("Scripts/python.exe") if os.name == "nt" else Path("bin/python")
        return self.folder / "venv" / inside

    def make(self) -> None:
        """Make it where it is not there yet.

        Raises:
            SystemExit: this Python cannot make environments.
        """
        if not self.python.exists():
            ran = _run([sys.executable, "-m", "venv", self.folder / "venv"], INSTALL)
            if ran.returncode:
                raise SystemExit(f"error: no environment could be made: {last_line(ran)}")

    def install(self, adapter: Adapter) -> str | None:
        """Install a package with all it needs; return why it could not be."""
        asked = ["install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
        limits = ["--constraint", HERE / "constraints.txt"]
        command = [self.python, "-m", "pip", *asked, *limits, *adapter.REQUIREMENT.split()]
        ran = _run(command, INSTALL)
        return f"not installed: {last_line(ran)}" if ran.returncode else None

    def measure(self, name: str, adapter: Adapter, task: Path, events: int) -> Measured | Failed:
        """Run a package in a process of its own."""
        out = self.folder / f"{name}.npz"
        out.unlink(missing_ok=True)
        command = [self.python, "-m", "others.worker", name, task, out, str(events)]
        ran = _run(command, RUN)
        if ran.returncode or not out.exists():
            return Failed(title(adapter), f"failed: {last_line(ran)}")
        return Measured.read(adapter, out)


def _run(command: list[str | Path], limit: float) -> subprocess.CompletedProcess[str]:
    """Run a program that finds this package, and nothing of the project's environment."""
    variables = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    variables["PYTHONPATH"] = str(HERE.parent)
    try:
        return subprocess.run(
            [str(part) for part in command],
            env=variables,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"not done after {limit:.0f} s")


def last_line(ran: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that a program said, which is the one that names its error.

    pip says why in lines that begin with ERROR; it may warn after them, and one names its manual.
    """
    said = [line.strip() for line in (ran.stderr or ran.stdout).splitlines() if line.strip()]
    errors = [
        line for line in said if line.startswith("ERROR:") and "ResolutionImpossible" not in line
    ]
    return (errors or said or ["it said nothing"])[-1].removeprefix("ERROR: ")
