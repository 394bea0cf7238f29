"""`backtest prices verify`: findings as a table, for programs, and as an exit code."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from support.bulk import made_prices, save, sessions
from support.cli import Command


def test_the_odd_prints_of_the_snapshot_and_nothing_else(cli: Command, cache: Path) -> None:
    ran = cli("prices", "verify", "--prices", "snapshot", "--format", "csv", "--cache", cache)
    assert ran.code == 1
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(r["check"], r["ticker"], r["date"], r["column"], r["value"]) for r in rows] == [
        ("spike", "META", "2025-12-12", "high", "711.0"),
        ("spike", "TSM", "2026-02-12", "low", "322.1"),
    ]
    assert ran.err == "12 securities, 5,222 rows checked: 2 spike\n"
    document = cli(
        "prices", "verify", "--prices", "snapshot", "--format", "json", "--cache", cache
    ).json
    assert document["schema_version"] == 1
    assert document["last"]["CRWV"] == "2026-05-29"
    assert [row["date"] for row in document["findings"]] == ["2025-12-12", "2026-02-12"]


def test_the_table_fits_a_narrow_terminal(
    cli: Command, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = cli("prices", "verify", "--prices", "snapshot", "--cache", cache)
    lines = ran.out.splitlines()
    assert lines[0].split() == ["check", "ticker", "date", "what"]
    assert lines[1].startswith("spike  META    2025-12-12  high 711.0 stands 9.4% above")
    assert max(map(len, lines)) <= 80


def test_a_sound_table_is_exit_0(cli: Command, cache: Path, tmp_path: Path) -> None:
    save(made_prices(("AAA", "BBB")), tmp_path / "prices.parquet")
    ran = cli("prices", "verify", "--prices", tmp_path / "prices.parquet", "--cache", cache)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.endswith("rows checked: nothing found\n")


def test_a_table_that_a_study_would_refuse_is_looked_at(
    cli: Command, cache: Path, tmp_path: Path
) -> None:
    """Two different rows for one session stop a study; here they are a finding."""
    prices = made_prices(("AAA", "BBB"))
    day = sessions()[100]
    one = prices.filter((pl.col("ticker") == "AAA") & (pl.col("date") == day))
    table = tmp_path / "prices.parquet"
    save(pl.concat([prices, one.with_columns(close=pl.col("close") * 1.01)]), table)
    ran = cli("prices", "verify", "--prices", table, "--format", "csv", "--cache", cache)
    assert ran.code == 1
    assert [(r["check"], r["ticker"], r["date"]) for r in csv.DictReader(io.StringIO(ran.out))] == [
        ("duplicate", "AAA", str(day))
    ]


def test_checks_can_be_chosen(cli: Command, cache: Path) -> None:
    ran = cli("prices", "verify", "--prices", "snapshot", "--check", "gap,order", "--cache", cache)
    assert ran.code == 0
    refused = cli("prices", "verify", "--check", "gaps", "--cache", cache).refused(2)
    assert "`gaps` is no check; there are: damaged, duplicate" in refused
    assert "did you mean `gap`?" in refused
    assert "no such file" in cli("prices", "verify", "--prices", "no/such.csv").refused(2)


def test_a_table_one_day_off_is_a_finding(cli: Command, cache: Path, tmp_path: Path) -> None:
    prices = made_prices(("AAA", "BBB")).with_columns(pl.col("date") + pl.duration(days=1))
    save(prices, tmp_path / "prices.parquet")
    ran = cli("prices", "verify", "--prices", tmp_path / "prices.parquet", "--cache", cache)
    assert ran.code == 1
    assert "3 securities do not follow XNYS" in ran.out
    assert ran.err.endswith("1 gap\n")
