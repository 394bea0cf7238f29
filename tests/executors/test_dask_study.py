"""A study by Dask: real processes over the loopback, and the same bits as in threads here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import made_events, made_prices, save
from support.cli import Command
from support.dask_fleet import Fleet

import backtest as bt
from backtest.engine import estimate
from backtest.masking import masked
from backtest.results.result import StudyResult

TICKERS = [f"T{number:02d}" for number in range(30)]
TESTS = ("cross_sectional", "patell", "bmp", "rank", "grank_t", "permutation")

Study = Callable[..., StudyResult]


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    return save(made_prices(TICKERS), tmp_path / "prices.parquet")


@pytest.fixture
def study(cache: Path, prices: Path, tmp_path: Path) -> Study:
    """Run a bulk study that takes nothing from a cache."""

    def run(count: int, **options: Any) -> StudyResult:
        events = save(made_events(count, TICKERS), tmp_path / f"{count}.parquet")
        options = {"tests": TESTS, "group_by": "group", "cache": False, **options}
        return bt.run(events, prices, **options)

    return run


def assert_same_bits(one: StudyResult, other: StudyResult) -> None:
    """Hold every table against the other's: values, missing ones, and each float's 64 bits."""
    assert list(one.tables) == list(other.tables)
    for name, table in one.tables.items():
        there = other.tables[name]
        assert table.equals(there), name
        floats = table.select(pl.col(pl.Float64))
        for column in floats:
            assert column.to_numpy().tobytes() == there[column.name].to_numpy().tobytes(), name


@pytest.mark.parametrize(
    ("model", "count", "tests"),
    [("market,mean", 400, TESTS), ("matched", 120, TESTS[:-1]), ("dimson,huber", 2000, TESTS[:-1])],
    ids=["market,mean", "matched", "dimson,huber"],
)
def test_a_cluster_gives_the_same_bits(
    model: str,
    count: int,
    tests: tuple[str, ...],
    study: Study,
    cluster: Fleet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = study(count, model=model, tests=tests)
    monkeypatch.setattr(estimate, "BLOCK", 64)
    there = study(count, model=model, tests=tests, engine="dask", scheduler=cluster.address)
    assert len(there.cars) > count
    assert_same_bits(here, there)


def test_a_worker_killed_in_the_middle_changes_no_bit(
    study: Study, cluster: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "BLOCK", 4)
    here = study(1600, tests=TESTS[:3])
    name = cluster.add_worker()
    killer = cluster.kill_while_busy(name)
    there = study(1600, tests=TESTS[:3], engine="dask", scheduler=cluster.address)
    killer.join(10.0)
    assert not killer.is_alive(), "the study ended before the worker was killed"
    assert cluster.workers[name].returncode == -9
    assert_same_bits(here, there)


def test_the_command_line(
    cli: Command, prices: Path, cluster: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "BLOCK", 64)
    events = save(made_events(300, TICKERS), tmp_path / "events.csv")
    asked = ("run", "--events", events, "--prices", prices, "--format", "json", "--no-cache")
    here = cli(*asked)
    there = cli(*asked, "--engine", "dask", "--scheduler", cluster.address)
    assert (here.code, there.code) == (0, 0), there.err
    assert there.out == here.out
    assert there.err == here.err


def test_nobody_answers(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the engine dask needs the extra `dask`")
    monkeypatch.setattr("backtest.executors._dask_connect.ANSWER", 1)
    told = cli("run", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9", "--no-cache")
    line = told.refused(3)
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in line
    assert "--scheduler" in line


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nowhere", "missing port number"),
        ("tcp://", "missing port number"),
        ("http://127.0.0.1:9", "unknown address scheme"),
        ("tcp://127.0.0.1:x", "'x'"),
        ("tcp://127.0.0.1:99999", "no port has the number 99999"),
        ("::1:8786", "ipv6 needs brackets"),
        ("inproc://127.0.0.2/1/1", "does not match"),
        ("tls://127.0.0.1:9", "certificates"),
        ("ucx://127.0.0.1:9", "ucx"),
        ("tcp://me:secret@127.0.0.1:9", "a name or a password"),
    ],
)
def test_what_is_no_address(
    address: str, why: str, cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told before a client is made, which would wait for its own end."""
    distributed = pytest.importorskip(
        "distributed", reason="the engine dask needs the extra `dask`"
    )
    monkeypatch.delattr(distributed, "Client")
    asked = ("run", "--engine", "dask", "--scheduler", address, "--no-cache", "--model", "markt")
    told = cli(*asked)
    lines = [line for line in told.err.splitlines() if "scheduler:" in line]
    assert "secret" not in told.err
    assert told.code == 2
    assert len(lines) == 1
    assert f"`{masked(address)}` is no address of a Dask scheduler" in lines[0]
    assert why in lines[0]
    assert "unknown model `markt`" in told.err  # all at once


def test_threads_have_no_scheduler(cli: Command) -> None:
    told = cli("run", "--scheduler", "tcp://127.0.0.1:9", "--model", "markt")
    assert told.code == 2
    assert "the engine `local` has no scheduler, but tcp://127.0.0.1:9 was given" in told.err
    assert "unknown model `markt`" in told.err  # all at once
