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
        "note: 1 row has no close that can be used (first: ORCL 2025-01-03)",
    ]
    (row,) = cli("prices", "status", "--format", "json").json["prices"]
    assert row["closes"] == "split-adjusted only"
    assert (row["ticker"], row["first"], row["last"]) == ("ORCL", "2025-01-02", "2025-01-02")
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
    assert "note: ORCL" not in split.err
    adjusted = tmp_path / "adjusted.csv"
    adjusted.write_text("date,ticker,close,adj_close\n2025-01-02,ORCL,166.03,160\n")
    words = ("--map", "close=adj_close", "--shares", counts, "--replace")
    total = cli("prices", "import", adjusted, *words)
    assert "note: ORCL: the close has dividends in it; market values need" in total.err
    assert "total-return" in total.out


def test_what_a_replacement_takes_away_is_told_and_kept(
    cli: Command, terminal: Path, tmp_path: Path
) -> None:
    counts = tmp_path / "counts.csv"
    counts.write_text("ticker,known_from,shares\nORCL,2025-01-01,2.8e9\n")
    words = ("--close", "split-adjusted", "--replace")
    cli("prices", "import", terminal, *AS_WRITTEN, "--shares", counts, *words)
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("date,ticker,close\n2025-01-02,ORCL,166.03\n")
    ran = cli("prices", "import", shorter, *words)
    assert ran.code == 0, ran.err
    (line,) = (one for one in ran.err.splitlines() if one.startswith("note: "))
    assert line.startswith("note: ORCL: ")
    assert "1 session gone; what was stored is kept as version of " in line
    (row,) = cli("prices", "status", "--format", "json").json["prices"]
    assert [one["rows"] for one in row["revisions"]] == [2]
    assert cli("prices", "verify").code == 0
    unknown = cli("prices", "import", shorter, "--replace")  # the counts are still there to warn of
    assert "note: ORCL: it is not known whether the close has dividends in it" in unknown.err


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


def test_the_currency_of_the_table_is_kept_and_checked(cli: Command, tmp_path: Path) -> None:
    table = tmp_path / "quoted.csv"
    table.write_text("date,ticker,close,Money\n2025-01-02,AMD,120,EUR\n2025-01-02,A,9,USD\n")
    assert cli("prices", "import", table, "--map", "currency=Money").code == 0
    stored = cli("prices", "status", "--format", "json").json["prices"]
    assert {row["ticker"]: row["currency"] for row in stored} == {"AMD": "EUR", "A": "USD"}
    checked = cli("prices", "verify", "--check", "currency")
    assert checked.code == 1
    assert "is in EUR, where the exchange quotes in USD" in checked.out
    table.write_text("date,ticker,close,currency\n2025-01-02,AMD,120,EUR\n")
    assert "is in EUR" in cli("prices", "verify", "--prices", table, "--check", "currency").out


def test_prices_of_days_to_come(cli: Command, tmp_path: Path) -> None:
    """They would make every other security of the store stale."""
    table = tmp_path / "t.csv"
    table.write_text("date,ticker,close\n2025-01-02,AMD,1\n2062-01-06,AMD,2\n9999-12-31,AMD,3\n")
    told = cli("prices", "import", table).refused(2)
    assert f"{table}:3: date: AMD 2062-01-06 is still to come; no price is of a day after" in told
    assert "(the first of 2)" in told
    (tmp_path / "each").mkdir()
    (tmp_path / "each" / "amd.csv").write_text("date,close\n2062-01-06,1\n")
    told = cli("prices", "import", f"folder:{tmp_path / 'each'}").refused(2)
    assert "AMD 2062-01-06 is still to come" in told
    assert cli("prices", "status", "--format", "json").json["prices"] == []


@pytest.mark.parametrize("rows", ["", ",AMD,1\n", "2025-01-02,,1\n", "2025-01-02,AMD,\n"])
def test_a_table_of_which_nothing_can_be_kept(cli: Command, tmp_path: Path, rows: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text(f"date,ticker,close\n{rows}")
    for more in ((), ("--replace",)):
        told = cli("prices", "import", table, *more).refused(2)
        assert f"{table}: no row of it can be used, so nothing is stored" in told


def test_nothing_to_verify(cli: Command, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("date,ticker,close\n")
    told = cli("prices", "verify", "--prices", table).refused(2)
    assert f"{table}: holds no row of a security to check" in told


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("", "has no row"),
        (
            "AMD,2025-01-02,1e9\nAMD,2025-01-02,1000000000\nAMD,2025-01-02,16e8\n",
            "AMD has two counts known from 2025-01-02, 1000000000 and 1600000000",
        ),
        (" ,2025-01-02,1e9\n", "is no ticker"),
    ],
)
def test_share_counts_that_cannot_be_meant(
    cli: Command, tmp_path: Path, rows: str, expected: str
) -> None:
    table, counts = tmp_path / "t.csv", tmp_path / "counts.csv"
    table.write_text("date,ticker,close\n2025-01-02,AMD,1\n")
    counts.write_text(f"ticker,known_from,shares\n{rows}")
    assert expected in cli("prices", "import", table, "--shares", counts).refused(2)


def test_share_counts_and_tickers_that_may_not_be_meant(cli: Command, tmp_path: Path) -> None:
    table, counts = tmp_path / "t.csv", tmp_path / "counts.csv"
    table.write_text("date,ticker,close\n2025-01-02,amd,1\n")
    counts.write_text("ticker,known_from,shares\nAMD,2025-01-02,1e9\n")
    ran = cli("prices", "import", table, "--shares", counts, "--close", "split-adjusted")
    assert ran.code == 0, ran.err
    assert "note: tickers are kept as they are written: amd (not AMD)" in ran.err
    assert "note: share counts of AMD are left out: the table has no prices of them" in ran.err


def test_no_table_is_not_the_working_folder(cli: Command) -> None:
    assert "no table is named" in cli("prices", "import", "").refused(2)


def test_rows_without_a_close_are_counted_and_no_end_of_prices(
    cli: Command, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    closes = ["", "20", "N/A", "21", "-5", "", "null"]
    days = [f"2025-01-{day:02},AMD,{close},7" for day, close in enumerate(closes, 1)]
    table.write_text("\n".join(["date,ticker,close,volume", *days, ""]))
    ran = cli("prices", "import", table)
    assert ran.code == 0, ran.err
    told = "note: 5 rows have no close that can be used (first: AMD 2025-01-01)"
    assert told in ran.err.splitlines()
    (row,) = cli("prices", "status", "--format", "json").json["prices"]
    assert (row["first"], row["last"], row["rows"]) == ("2025-01-02", "2025-01-04", 7)
    assert ran.out.splitlines()[1].split()[1:4] == ["2025-01-02", "2025-01-04", "7"]
    (tmp_path / "each").mkdir()
    (tmp_path / "each" / "amd.csv").write_text("date,close\n2025-01-02,1\n2025-01-03,\n")
    ran = cli("prices", "import", f"folder:{tmp_path / 'each'}", "--replace")
    assert "note: 1 row has no close that can be used (first: AMD 2025-01-03)" in ran.err
