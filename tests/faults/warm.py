"""Commands run in forks of a warm process, so that each costs what it does and not its start."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faults.order import Ended, Order

TESTS = Path(__file__).parents[1]
_ONE_THREAD = {
    "POLARS_MAX_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent))),
}


class Warm:
    """The process; `learn` a command before running it often."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults.forking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ONE_THREAD},
            text=True,
        )
        self._no_mounts: str | None = None

    def learn(self, order: Order) -> Ended:
        """Run a command and load what it has loaded, for all that come.

        The clock is the true one: a library that is loaded while another is set may not end.
        """
        (told,) = self._ask(run=[_plain(dataclasses.replace(order, clock=""))])
        self._ask(load=told["modules"])
        return _ended(told)

    def run(self, order: Order) -> Ended:
        """Run a command to its end."""
        return self.at_once([order])[0]

    def at_once(self, orders: Sequence[Order]) -> list[Ended]:
        """Run commands at the same time."""
        return [_ended(told) for told in self._ask(run=[_plain(order) for order in orders])]

    def mount(self, at: Path, **how: Any) -> str:
        """Mount in the process's own space (`_inside.mount`); return why it cannot be."""
        if self._no_mounts is None:
            self._no_mounts = self._ask(private=True)
        return self._no_mounts or self._ask(mount={"at": str(at), **how})

    def unmount(self, at: Path) -> None:
        """Take away what was mounted last."""
        assert self._ask(unmount=str(at)) == ""

    def seen(self, path: Path) -> Path:
        """Return where a path of the process's own space is seen from here."""
        return Path(f"/proc/{self._process.pid}/root{path}")

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, **question: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the warm process has died"
        return json.loads(answer)


def _plain(order: Order) -> dict[str, Any]:
    return {**dataclasses.asdict(order), "folder": str(order.folder)}


def _ended(told: dict[str, Any]) -> Ended:
    return Ended(told["code"], told["out"], told["err"], told["writes"], told["seconds"])
