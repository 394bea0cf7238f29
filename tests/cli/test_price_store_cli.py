"""What commands say of the price store: where it is, what of it cannot be read, what stands in."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import polars as pl
import pytest
from support.cli import CALENDAR, Command

from backtest.prices.providers.snapshot import read_table
from backtest.prices.store import price_store

AMD = "2025-10-06-amd-openai-6gw-warrant"
STUDY = ("run", "--events", CALENDAR, AMD)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Prices of AMD, NVDA and SPY that are the shipped ones but for a fifth on AMD's event day."""
    other = (pl.col("ticker") == "AMD") & (pl.col("date") >= pl.date(2025, 10, 6))
    raised = {name: pl.when(other).then(pl.col(name) * 1.2).otherwise(name) for name in CLOSES}
    path = tmp_path / "table.csv"
    own = pl.col("ticker").is_in(["AMD", "NVDA", "SPY"])
    read_table("bars").filter(own).with_columns(**raised).write_csv(path)
    return path


CLOSES = ("open", "high", "low", "close", "adj_close")


@pytest.mark.usefixtures("cache")
def test_without_results_the_store_is_where_it_was_said(
    cli: Command, table: Path, tmp_path: Path
) -> None:
    """`--no-cache` is about results; stored prices are read from the folder that was named."""
    mine = tmp_path / "mine"
    assert cli("prices", "import", table, "--cache", mine).code == 0
    before = sorted(path.name for path in mine.rglob("*"))
    ran = cli(*STUDY, "--cache", mine, "--no-cache")
    assert "price store, 3 securities to 2026-05-29" in ran.out
    assert sorted(path.name for path in mine.rglob("*")) == before
    curve = ("curve", "--events", CALENDAR, AMD, "--ticker", "AMD", "--models", "market")
    few = ("--benchmarks", "SPY", "--windows", "0:0", "--estimations=-260:-11", "--format", "csv")
    with_cache = cli(*curve, *few, "--cache", mine)
    assert with_cache.code == 0, with_cache.err
    assert cli(*curve, *few, "--cache", mine, "--no-cache").out == with_cache.out
    assert cli(*curve, *few).out != with_cache.out


@pytest.mark.usefixtures("cache")
def test_what_of_the_store_cannot_be_read(cli: Command, table: Path, cache: Path) -> None:
    """It is told by every command that looks at the store, with what to do about it."""
    assert cli("prices", "import", table).code == 0
    store = cache / "prices"
    (store / "AMD.json").unlink()
    (store / "NVDA.json").write_bytes((store / "NVDA.json").read_bytes()[:-40])
    gone = "AMD.json is missing, though its tables are there (AMD.bars."
    both = (
        "`backtest prices pull TICKER` fetches {} anew; what was imported, "
        "`backtest prices import TABLE --replace` puts right"
    )
    status = cli("prices", "status")
    assert [line[:4] for line in status.out.splitlines()] == ["tick", "SPY "]
    torn, lost, mend = status.err.splitlines()[:3]
    assert torn.startswith("note: NVDA.json: not a record of the price store (")
    assert lost.startswith(f"note: {gone}")
    assert mend == f"note: {both.format('them')}"
    listed = cli("prices", "status", "--format", "json").json
    assert [one["file"] for one in listed["unreadable"]] == ["NVDA.json", "AMD.json"]
    verify = cli("prices", "verify", "--check", "damaged", "--format", "json")
    assert verify.code == 1
    assert {row["ticker"] for row in verify.json["findings"]} == {"AMD", "NVDA"}
    assert both.format("a damaged one") in verify.err
    ran = cli(*STUDY)
    for ticker in ("AMD", "NVDA"):
        (note,) = (line for line in ran.err.splitlines() if line.startswith(f"note: {ticker}: "))
        assert "the shipped prices are used; `backtest prices pull" in note
    assert cli("prices", "import", table, "--replace").code == 0
    assert cli("prices", "verify", "--check", "damaged").code == 0


@pytest.mark.usefixtures("cache")
def test_a_damaged_import_is_imported_again(cli: Command, table: Path, cache: Path) -> None:
    """A pull would put Yahoo's prices in the place of one's own."""
    assert cli("prices", "import", table).code == 0
    (bars,) = (cache / "prices").glob("AMD.bars.*")
    bars.write_bytes(bars.read_bytes()[:-1])
    told = cli("prices", "verify", "--check", "damaged").err
    assert "`backtest prices import TABLE --replace` puts a damaged one right" in told
    assert "prices pull" not in told


@pytest.mark.usefixtures("cache")
def test_figures_of_another_source_are_no_revision(cli: Command, table: Path, cache: Path) -> None:
    """The shipped prices stand in for damaged ones, and the other way round once these are back."""

    def changed() -> set[str]:
        said = cli(*STUDY, "--format", "json").json["warnings"]
        return {
            one.rsplit(";", 1)[-1]
            for one in said
            if one.startswith("changed since") and " CAR " in one
        }

    assert changed() == set()
    assert cli("prices", "import", table).code == 0
    assert changed() == {" another source)"}
    (bars,) = (cache / "prices").glob("AMD.bars.*")
    bars.write_bytes(bars.read_bytes()[:-1])
    assert changed() == {" another source)"}
    assert cli("prices", "import", table, "--replace").code == 0
    assert changed() == {" another source)"}
    revised = pl.read_csv(table).with_columns(pl.col(name) * 1.1 for name in ("close", "adj_close"))
    day = pl.col("date") == "2025-10-06"
    kept = pl.read_csv(table)
    pl.concat([kept.filter(~day), revised.filter(day)]).sort("ticker", "date").write_csv(table)
    assert cli("prices", "import", table, "--replace").code == 0
    assert changed() == {" revised)"}


@pytest.mark.usefixtures("cache")
def test_a_damaged_earlier_version_goes_with_a_word(
    cli: Command, table: Path, cache: Path, tmp_path: Path
) -> None:
    """Nobody can restore it, and nobody is told that somebody can."""
    revised = tmp_path / "revised.csv"
    rows = pl.read_csv(table, infer_schema=False).with_row_index()
    close = pl.when(pl.col("index") == 0).then(pl.lit("1")).otherwise("close").alias("close")
    rows.with_columns(close).drop("index").write_csv(revised)
    assert cli("prices", "import", table).code == 0
    before = set((cache / "prices").glob("*.bars.*"))
    assert cli("prices", "import", revised, "--replace").code == 0
    (record,) = (one for one in price_store(cache).records() if one.earlier)
    (old,) = (one for one in before if one.name == record.file_of("bars", record.earlier[0]))
    old.write_bytes(old.read_bytes()[:-1])
    when = f"version of {record.earlier[0].retrieved_at:%Y-%m-%d %H:%M}"
    verify = cli("prices", "verify", "--check", "damaged")
    assert verify.code == 1
    assert f"earlier {when}" in " ".join(verify.out.split())
    assert (
        "a damaged earlier version cannot be restored; the next "
        "`backtest prices import TABLE --replace` of its security drops it"
    ) in verify.err
    assert "puts" not in verify.err
    ran = cli("prices", "import", revised, "--replace")
    assert ran.code == 0
    gone = f"note: {record.ticker}: the {when} was damaged and could not be kept"
    assert [one for one in ran.err.splitlines() if "note:" in one] == [gone]
    assert cli("prices", "verify", "--check", "damaged").code == 0


@pytest.mark.usefixtures("cache")
def test_a_store_that_cannot_be_read(
    cli: Command, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    def refuse(folder: object) -> list[str]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))

    monkeypatch.setattr("backtest.prices._names.os.listdir", refuse)
    why = f"error: {cache / 'prices'}: the price store cannot be read (Permission denied)"
    for words in (("prices", "verify"), ("prices", "status"), ("prices", "pull"), STUDY):
        assert cli(*words).refused(2).startswith(why)
