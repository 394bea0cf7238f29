"""`--prices` of every kind: the same prices give the same study, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from support.bulk import made_events, made_prices, save
from support.cli import Command, Ran

TICKERS = ("AAA", "BBB")
PRICES = made_prices(TICKERS)

Write = Callable[[Path], str]


def stooq(folder: Path) -> str:
    """A tree of files with Stooq's header and tickers."""
    plain = PRICES.select(
        (pl.col("ticker") + ".US").alias("<TICKER>"),
        pl.lit("D").alias("<PER>"),
        pl.col("date").dt.strftime("%Y%m%d").alias("<DATE>"),
        pl.lit("000000").alias("<TIME>"),
        *(pl.col("close").alias(f"<{name}>") for name in ("OPEN", "HIGH", "LOW", "CLOSE")),
        pl.lit(100).alias("<VOL>"),
        pl.lit(0).alias("<OPENINT>"),
    )
    for (ticker,), own in plain.partition_by("<TICKER>", as_dict=True).items():
        there = folder / "us" / str(ticker)[0]
        there.mkdir(parents=True, exist_ok=True)
        own.write_csv(there / f"{str(ticker).lower()}.txt")
    return f"stooq:{folder}"


def one_file_each(folder: Path) -> str:
    for (ticker,), own in PRICES.partition_by("ticker", as_dict=True).items():
        own.drop("ticker").write_parquet(folder / f"{str(ticker).lower()}.parquet")
    return f"folder:{folder}"


def database(folder: Path) -> str:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    path = folder / "market.duckdb"
    save(PRICES, folder / "prices.parquet")
    with duckdb.connect(str(path)) as file:
        file.execute(f"CREATE TABLE eod AS SELECT * FROM read_parquet('{folder}/prices.parquet')")
    return f"duckdb:{path}?table=eod"


def url(folder: Path) -> str:
    return f"file://{save(PRICES, folder / 'prices.parquet')}"


KINDS: dict[str, Write] = {
    "stooq": stooq,
    "folder": one_file_each,
    "duckdb": database,
    "url": url,
}


@pytest.fixture
def study(cli: Command, tmp_path: Path) -> Callable[..., Ran]:
    events = save(made_events(6, TICKERS), tmp_path / "events.csv")

    def run(prices: object, *more: object) -> Ran:
        return cli("run", "--events", events, "--prices", prices, "--format", "json", *more)

    return run


@pytest.mark.parametrize("write", KINDS.values(), ids=KINDS)
def test_the_same_prices_are_the_same_study(
    study: Callable[..., Ran], tmp_path: Path, write: Write
) -> None:
    table = study(save(PRICES, tmp_path / "long.parquet"), "--no-cache")
    folder = tmp_path / "there"
    folder.mkdir()
    ran = study(write(folder), "--no-cache")
    assert ran.code == 0, ran.err
    assert ran.json["tables"]["cars"] == table.json["tables"]["cars"]
    assert ran.json["provenance"]["prices"].endswith("; close: unknown")


@pytest.mark.parametrize("write", [stooq, one_file_each, database], ids=lambda one: one.__name__)
def test_unchanged_prices_are_not_studied_again(
    study: Callable[..., Ran], tmp_path: Path, write: Write
) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    word = write(folder)
    study(word)
    assert "nothing to compute" in study(word).err


def test_what_the_close_is_stands_in_the_header(study: Callable[..., Ran], tmp_path: Path) -> None:
    table = save(PRICES.with_columns(adj_close="close"), tmp_path / "both.parquet")
    assert study(table).json["provenance"]["prices"].endswith("close: unadjusted + adj_close")
    bare = save(PRICES, tmp_path / "bare.parquet")
    said = study(f"files:{bare}?close=total-return").json["provenance"]["prices"]
    assert said == "bare.parquet, 3 securities to 2026-05-29; close: total-return"


def test_market_values_of_closes_with_dividends_are_noted(
    study: Callable[..., Ran], cli: Command, tmp_path: Path
) -> None:
    counts = tmp_path / "counts.csv"
    counts.write_text("ticker,known_from,shares\nAAA,2024-01-01,1e9\nSPY,2024-01-01,1e9\n")
    table = save(PRICES, tmp_path / "long.parquet")
    words = ("prices", "import", table, "--shares", counts)
    assert cli(*words, "--close", "total-return").code == 0
    ran = study("auto")
    assert ran.code == 0, ran.err
    (note,) = (line for line in ran.json["warnings"] if "market values need" in line)
    assert note.startswith("AAA: the close has dividends in it")
    assert ran.json["provenance"]["prices"].endswith("close: total-return")
    assert cli(*words, "--close", "split-adjusted", "--replace").code == 0
    assert not any("market values need" in line for line in study("auto").json["warnings"])


REFUSED = {
    "stooq:": "`stooq` needs a place (write --prices stooq:PLACE)",
    "duckdb:none.duckdb": "none.duckdb: there is no such file",
    "folder:none": "none: there is no such file",
    "stooq:none.txt": "none.txt: there is no such file",
    "files:none.csv?close=net": "`net` is no adjustment of a close; there are: split-adjusted",
    "dukdb:x.duckdb": "(did you mean `duckdb`?)",
    "yahoo:ORCL": "`yahoo` is not at a place; write it alone",
}


@pytest.mark.parametrize(("word", "expected"), REFUSED.items(), ids=REFUSED)
def test_sources_that_cannot_be_meant(study: Callable[..., Ran], word: str, expected: str) -> None:
    assert expected in study(word).refused(2)


def test_a_folder_with_the_name_of_a_source_is_a_folder(
    study: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "stooq").mkdir()
    save(PRICES, tmp_path / "stooq" / "long.parquet")
    assert study("stooq").code == 0
