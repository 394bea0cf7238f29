"""What the benches share: the workloads, a process that is warm, and the table at the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import Process, processes
from side_by_side import table
from workload.announcements import write_announcements
from workload.universe import Universe, universe_at

import backtest as bt

PRICES = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def universe(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Universe:
    """The price table: the developers' reference data, or a simulated one of the same shape."""
    made = universe_at(tmp_path_factory.mktemp("universe"))
    pytestconfig.stash[PRICES] = made.label
    return made


@pytest.fixture(scope="session")
def sessions(universe: Universe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the session table only, made by a study that also imports every library."""
    folder = tmp_path_factory.mktemp("sessions")
    events = folder / "one.parquet"
    universe.events(1).write_parquet(events)
    bt.run(events=events, prices=universe.path, cache=folder / "cache")
    return folder / "cache" / "sessions"


@pytest.fixture
def new_cache(sessions: Path, tmp_path: Path) -> Callable[[], None]:
    """Make `tmp_path / "cache"` a cache without results, prices or announcements."""
    folder = tmp_path / "cache"

    def renew() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(sessions, folder / "sessions")

    return renew


@pytest.fixture(scope="session")
def calendars(
    universe: Universe, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Path]]:
    """Folders of 10,000 simulated announcements by kind, made on first use."""
    folders: dict[str, Path] = {}

    def of(kind: str) -> Path:
        if kind not in folders:
            folders[kind] = tmp_path_factory.mktemp(kind)
            write_announcements(folders[kind], kind, 10_000, universe)
        return folders[kind]

    yield of
    for folder in folders.values():
        shutil.rmtree(folder)


@pytest.fixture
def process(tmp_path: Path) -> Process:
    """Start a program at the project's root, with a cache folder of its own."""
    return processes(tmp_path / "cache")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print every story's steps side by side, with ratios, targets and the saved run's ratios."""
    lines = table(config._benchmarksession)
    if lines:
        terminalreporter.section("side by side: medians of alternated rounds of this run")
        for line in lines:
            terminalreporter.write_line(line)
        prices = config.stash.get(PRICES, "none were read")
        terminalreporter.write_line(f"Prices: {prices}. Events and announcements: SIMULATED.")
        if config.getoption("benchmark_autosave"):
            terminalreporter.write_line("Kept in .benchmarks/ for `make bench-compare`.")
