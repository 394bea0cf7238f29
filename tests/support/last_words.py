"""A test whose process died: what the process said last is told, and the test is tried once more.

With several workers pytest-xdist says no more than that one crashed. A fault in a library's machine
code often comes from a test that ran before, and a machine without memory ends processes that did
nothing wrong; so the test has a second try, in a new process. One that dies twice has failed.
"""

from __future__ import annotations

import faulthandler
import tempfile
from pathlib import Path
from typing import Any

import pytest

TITLE = "processes that died"
_SILENT = "it left no word: the system ended it (memory?), or something else killed it"
_PLACE = "last_words"


class LastWords:
    """Collects them, in the process that hands out the tests."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="last-words-")
        self._told: dict[str, str] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where to write when it dies."""
        node.workerinput[_PLACE] = str(Path(self._folder.name, f"{node.gateway.id}.txt"))

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any, sched: Any) -> None:
        """Have the test tried again, the first time."""
        path = Path(report.node.workerinput[_PLACE])
        words = path.read_text(errors="replace").strip() if path.exists() else ""
        told = f"{report.longrepr}\n{words or _SILENT}"
        report.longrepr = told
        if crashitem not in self._told:
            report.outcome = "rerun"
            sched.mark_test_pending(crashitem)
        self._told[crashitem] = told

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print what they said, also where the second try went well."""
        for told in self._told.values():
            terminalreporter.section(TITLE)
            terminalreporter.line(told)

    def pytest_unconfigure(self) -> None:
        """Take the words away."""
        self._folder.cleanup()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Listen; in a worker, write to the file that it was told, and not where nobody reads."""
    worker = getattr(config, "workerinput", None)
    if worker is None:
        config.pluginmanager.register(LastWords())
    else:
        file = Path(worker[_PLACE]).open("w")  # noqa: SIM115 - until the process ends
        faulthandler.enable(file)
        config.add_cleanup(file.close)
