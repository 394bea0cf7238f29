"""`backtest prices import` with columns and notation said, and what it reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Command


@pytest.fixture
def terminal(tmp_path: Path) -> Path:
    """What a terminal exports: names of its own, day first, commas between thousands."""
    path = tmp_path / "terminal.csv"
    path.write_text(
        'Date,Security,PX_LAST,PX_VOLUME\n02/01/2025,ORCL,166.03,"7,031,300"\n'
        "03/01/2025,ORCL,,\n,,,\n"
    )
    return path


MAP = ("--map", "close=PX_LAST,ticker=Security,volume=PX_VOLUME")
AS_WRITTEN = (*MAP, "--day-first", "--thousands", ",")


def test_what_is_said_is_read_and_reported(cli: Command, terminal: Path) -> None:
    ran = cli("prices", "import", terminal, *AS_WRITTEN, "--close", "split-adjusted")
    assert ran.code == 0, ran.err
    assert ran.err.splitlines() == [
        f"{terminal}: 3 rows read, 2 kept, of 1 security",
        "1 dropped: the row has no date, line 4 first",
    ]
    (row,) = cli("prices", "status", "--format", "json").json["prices"]
    assert row["closes"] == "split-adjusted only"
    assert (row["ticker"], row["first"], row["last"]) == ("ORCL", "2025-01-02", "2025-01-03")
    assert "split-adjusted only" in cli("prices", "status").out


def test_what_is_not_said_is_asked_for(cli: Command, terminal: Path) -> None:
    ran = cli("prices", "import", terminal)
    assert ran.code == 2
    assert ran.out == ""
    columns = "the columns are: Date, Security, PX_LAST, PX_VOLUME"
    assert ran.err.splitlines() == [
        f"error: {terminal}: there is no column `ticker`; {columns} "
        "(did you mean --map ticker=Security ?)",
        f"error: {terminal}: there is no column `close`; {columns} "
        "(did you mean --map close=PX_LAST ?)",
    ]
    assert "say --day-first or --month-first" in cli("prices", "import", terminal, *MAP).err
    assert cli("prices", "status", "--format", "json").json["prices"] == []


def test_share_counts_beside_closes_with_dividends_in_them(
    cli: Command, terminal: Path, tmp_path: Path
) -> None:
    counts = tmp_path / "counts.csv"
    counts.write_text("ticker,known_from,shares\nORCL,2025-01-01,2.8e9\n")
    words = ("prices", "import", terminal, *AS_WRITTEN, "--shares", counts)
    total = cli(*words, "--close", "total-return")
    assert "note: ORCL: the close has dividends in it; market values need" in total.err
    unknown = cli(*words, "--replace")
    assert "note: ORCL: it is not known whether the close has dividends in it" in unknown.err
    split = cli(*words, "--replace", "--close", "split-adjusted")
    assert "note:" not in split.err


def test_a_whole_source(cli: Command, tmp_path: Path) -> None:
    folder = tmp_path / "each"
    folder.mkdir()
    (folder / "aaa.csv").write_text("date,close\n2025-01-02,1\n")
    (folder / "bbb.csv").write_text("date,close\n2025-01-02,\n")
    ran = cli("prices", "import", f"folder:{folder}?close=total-return")
    assert ran.code == 0, ran.err
    assert ran.err.splitlines() == [
        "folder each, one file for each of 2 securities: 1 row kept, of 1 security",
        "BBB left out: no usable close in each between the dates needed",
    ]
    (row,) = cli("prices", "status", "--format", "json").json["prices"]
    assert (row["ticker"], row["closes"]) == ("AAA", "total-return")
    refused = cli("prices", "import", folder, "--map", "close=x").refused(2)
    assert "is not one table" in refused


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--day-first", "--month-first"], "exclude each other"),
        (["--thousands", "."], "cannot be both the decimal sign"),
        (["--map", "last=x"], "`last` is none of date, ticker"),
        (["--separator", "ab"], "is not one plain character"),
    ],
)
def test_options_that_cannot_be_meant(
    cli: Command, terminal: Path, options: list[str], expected: str
) -> None:
    assert expected in cli("prices", "import", terminal, *options).refused(2)


NOT_TABLES = ["auto", "snapshot", "yahoo", "no.csv", "stooq:no", "x" * 5000, f"{'x' * 5000}.csv"]


@pytest.mark.parametrize("word", [*NOT_TABLES, f"duckdb:{'x' * 5000}"], ids=lambda word: word[:12])
def test_what_cannot_be_imported(cli: Command, word: str) -> None:
    cli("prices", "import", word).refused(2)
