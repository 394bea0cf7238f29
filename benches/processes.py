"""Whole processes: a program at the project's root, and importing all that a command imports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from measure import Act
from workload.universe import PROJECT

STATUS = Path("/proc/self/status")
"""What Linux knows of a process; `getrusage` there counts the parent's memory too."""

COMMAND = str(Path(sys.executable).with_name("backtest"))

Process = Callable[..., Act]
"""Makes of a program and its arguments what runs it."""

_IMPORT = "import importlib, sys; list(map(importlib.import_module, sys.argv[1].split(',')))"
"""Not a statement: not every module's name is one of the language's."""


def memory(name: str) -> float:
    """Return what this process has of a kind of memory, `VmHWM` or `RssAnon`, in GB."""
    line = next(one for one in STATUS.read_text().splitlines() if one.startswith(name))
    return int(line.split()[1]) * 1024 / 1e9


def processes(cache: Path) -> Process:
    """Return what starts programs at the project's root, with a cache folder of their own."""
    environment = dict(os.environ, BACKTEST_CACHE=str(cache))
    # Where writing bytecode is forbidden every start would compile whatever was not compiled at
    # installation; the warm-up round writes it once.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def of(*command: str) -> Act:
        return lambda: subprocess.run(
            command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, check=True
        )

    return of


def imports(process: Process, *command: str) -> Act:
    """Return what imports the modules that a command of ours has imported at its end."""
    return process(sys.executable, "-c", _IMPORT, _imported(*command))


def _imported(*command: str) -> str:
    """Return the modules of backtest and its libraries that a command has at its end, by comma."""
    program = (
        "import sys; from backtest.cli._app import invoke; "
        f"invoke({list(command)!r}); invoke({list(command)!r}); "
        "sys.stderr.write('IMPORTED ' + ','.join(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    names = ran.stderr.rpartition("IMPORTED ")[2].split(",")
    ours = ("backtest", "polars", "numpy", "pydantic", "rich", "click", "pyarrow", "xxhash", "json")
    return ",".join(name for name in names if name.partition(".")[0] in ours)
