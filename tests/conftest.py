"""Every test has a folder, a cache and a working directory of its own, and no network."""

from __future__ import annotations

import dataclasses
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import settings
from support.cli import CALENDAR, Command, Ran
from support.drawn import HOSTILE
from support.french_server import FrenchServer

from backtest.results.result import StudyResult

# No example is a failure because the machine was busy.
settings.register_profile("backtest", deadline=None)
settings.load_profile("backtest")

pytest_plugins = ["support.last_words"]

LOCAL = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every address but this machine's, in Python and for libraries that read proxies."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOCAL:
            raise OSError(f"tests have no network, not even {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setenv("BACKTEST_YAHOO_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("BACKTEST_FRENCH_URL", "http://127.0.0.1:9")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", ",".join(LOCAL))


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder with a cache that is nobody else's."""
    monkeypatch.chdir(tmp_path)
    mirrors = ("BACKTEST_YAHOO_URL", "BACKTEST_FRENCH_URL")
    settings = [name for name in os.environ if name.startswith("BACKTEST_") and name not in mirrors]
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", *settings):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BACKTEST_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the session tables the calendar needs: making one takes a second each.

    It lies beside the folders of all workers of one run, so that only the first makes them.
    """
    from filelock import FileLock

    from backtest.events.session_table import session_table

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "warm"
    with FileLock(f"{folder}.lock"):
        for exchange in ("XNYS", "XTKS", "XKRX"):
            session_table(exchange, cache_dir=folder)
    return folder


@pytest.fixture
def cache(warm: Path, tmp_path: Path) -> Path:
    """The test's cache folder: session tables, and nothing else."""
    folder = tmp_path / "cache"
    shutil.copytree(warm / "sessions", folder / "sessions")
    return folder


@pytest.fixture
def cli(cache: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line in this process, as `__main__` would."""
    from backtest.cli._app import invoke

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        code = invoke([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> Iterator[FrenchServer]:
    """The French library on a local port, with nothing in it yet."""
    server = FrenchServer()
    server.start()
    monkeypatch.setenv("BACKTEST_FRENCH_URL", server.url)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shipped(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    """The study of the shipped calendar on the shipped prices, through the Python API."""
    import backtest as bt

    folder = tmp_path_factory.mktemp("shipped")
    shutil.copytree(warm / "sessions", folder / "sessions")
    return bt.run(events=CALENDAR, prices="snapshot", cache=folder)


@pytest.fixture(scope="session")
def hostile(shipped: StudyResult) -> StudyResult:
    """The shipped study, every event called by a title that would like to be code."""
    titles = shipped.headlines.with_columns(pl.lit(HOSTILE).alias("title"))
    return dataclasses.replace(shipped, headlines=titles)


@pytest.fixture(params=["numpy", "numba"], scope="module")
def both_ways(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether linear models go through machine code, however few the observations."""
    wanted = request.param == "numba"
    if wanted:
        pytest.importorskip("numba", reason="numba is not installed")
    from backtest.engine import machine_code

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine_code, "FEWEST", 1 if wanted else 1 << 60)
        yield wanted
