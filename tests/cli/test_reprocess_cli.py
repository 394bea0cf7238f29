"""`backtest reprocess`: what changed is computed, and every stage says what it did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import made_events, made_prices, save
from support.cli import Command

TICKERS = ("AAA", "BBB", "CCC")


@pytest.fixture
def study(tmp_path: Path) -> tuple[str | Path, ...]:
    events = save(made_events(12, TICKERS), tmp_path / "events.parquet")
    prices = save(made_prices(TICKERS), tmp_path / "prices.parquet")
    return ("reprocess", "--events", events, "--prices", prices, "--benchmark", "AAA")


def stages(ran: Any) -> dict[str, tuple[int, int, int]]:
    return {
        one["stage"]: (one["items"], one["reused"], one["recomputed"])
        for one in ran.json["run"]["stages"]
    }


def test_only_what_changed(cli: Command, study: tuple[str | Path, ...]) -> None:
    first = cli(*study, "--format", "json")
    assert first.code == 0, first.err
    every = stages(first)["fit"][0]
    assert stages(first)["fit"] == (every, 0, every)
    assert stages(first)["load"] == (12, 0, 12)
    again = cli(*study, "--format", "json")
    assert stages(again)["fit"] == (every, every, 0)
    assert stages(again)["tests"] == (0, 0, 0)
    assert again.json["run"]["fresh"] == []
    path = Path(study[2])
    events = pl.read_parquet(path)
    name = events["event_id"][0]
    day = events["date"].sort()[6]
    assert day != events["date"][0]
    moved = pl.when(pl.col("event_id") == name).then(pl.lit(day)).otherwise("date").alias("date")
    events.with_columns(moved).write_parquet(path)
    changed = cli(*study, "--format", "json")
    assert changed.json["run"]["fresh"] == [name]
    items, reused, recomputed = stages(changed)["fit"]
    assert (items, reused + recomputed) == (every, every)
    assert 1 <= recomputed <= 2


def test_all_starts_from_scratch_and_compares(cli: Command, study: tuple[str | Path, ...]) -> None:
    cli(*study, "--name", "monday")
    ran = cli(*study, "--all", "--compare", "monday")
    assert ran.code == 0
    assert "Reprocessed from scratch" in ran.out
    (head,) = (line for line in ran.out.splitlines() if line.split()[:1] == ["stage"])
    assert head.split()[-2:] == ["then", "now/then"]
    (fit,) = (line.split() for line in ran.out.splitlines() if line.split()[:1] == ["fit"])
    assert fit[3] == "0"
    assert "monday" in ran.out
    last = cli(*study, "--compare", "last", "--format", "json")
    assert last.json["compared"]["cold"] is True
    assert stages(last)["fit"][2] == 0


def test_what_cannot_be_meant(cli: Command, study: tuple[str | Path, ...]) -> None:
    assert "what changed is known from the cache" in cli(*study, "--no-cache").refused(2)
    assert "no run `tuesday`" in cli(*study, "--compare", "tuesday").refused(2)
    assert "cannot name a run" in cli(*study, "--name", "a/b").refused(2)
