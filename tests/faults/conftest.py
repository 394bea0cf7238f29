"""A warm process for all tests of a worker, and the table of what was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from faults import scenes, tally
from faults.scenes import Scene
from faults.warm import Warm
from support.yahoo_server import YahooServer


@pytest.fixture(scope="session")
def forks() -> Iterator[Warm]:
    """The warm process."""
    process = Warm()
    yield process
    process.close()


@pytest.fixture(scope="session")
def server() -> Iterator[YahooServer]:
    """Yahoo on a local port."""
    one = YahooServer()
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def made(
    forks: Warm, warm: Path, server: YahooServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Scene]:
    """Make a command that writes, once for all tests."""

    @cache
    def of(name: str) -> Scene:
        folder = tmp_path_factory.mktemp("scene") / "work"
        if name == "run":
            return scenes.a_run(forks, folder, warm / "sessions")
        if name == "crowded":
            return scenes.a_crowded_run(forks, folder, warm / "sessions")
        if name.startswith("calendar"):  # one that a test changes has a name of its own
            return scenes.a_calendar_run(forks, folder, warm / "sessions")
        if name == "pull":
            return scenes.a_pull(forks, folder, server)
        return scenes.an_addition(forks, folder)

    return of


@pytest.fixture
def scene(request: pytest.FixtureRequest, made: Callable[[str], Scene]) -> Scene:
    """One of the commands that write, by its name."""
    return made(request.param)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table, where faults were tried."""
    reports = [one for found in terminalreporter.stats.values() for one in found]
    rows = [
        value
        for report in reports
        if getattr(report, "when", None) == "call"
        for key, value in report.user_properties
        if key == tally.KEY
    ]
    if rows:
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(tally.table(rows)))
