"""`--sectors` on the command line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from support.bulk import save
from support.cli import CALENDAR, Command

import backtest as bt
from backtest.prices.providers.snapshot import read_table

AMD = "2025-10-06-amd-openai-6gw-warrant"
SNAPSHOT = (AMD, "--events", CALENDAR, "--prices", "snapshot")
MATCHED = ("run", *SNAPSHOT, "--model", "matched")


@pytest.fixture
def sectors(tmp_path: Path) -> Path:
    """GOOGL, META and AMZN are the three left for AMD, and the first is of its sector."""
    frame = pl.DataFrame({"Ticker": ["AMD", "GOOGL", "META"], "Sector": ["Chips", "chips", "Ads"]})
    return save(frame, tmp_path / "sectors.csv")


def test_the_report_says_which_sectors(cli: Command, sectors: Path) -> None:
    ran = cli(*MATCHED, "--sectors", sectors)
    assert ran.code == 0
    assert f"sectors     {sectors}, 3 tickers in 2 sectors" in " ".join(ran.out.split("\n"))
    assert "no sector is given, so controls are securities of all sectors" in ran.err
    assert "\nsectors" not in cli(*MATCHED).out


def test_controls_are_of_the_sector(cli: Command, cache: Path, sectors: Path) -> None:
    """As in Python; with a single control its return is what is expected."""
    document = cli(*MATCHED, "--sectors", sectors, "--format", "json").json
    assert document["provenance"]["sectors"] == f"{sectors}, 3 tickers in 2 sectors"
    told = {row["ticker"]: row["coefficients"]["controls"] for row in document["tables"]["fits"]}
    assert (told["AMD"], told["NVDA"]) == (1, 3)
    closes = read_table("bars").filter(pl.col("ticker") == "GOOGL").sort("date")
    returns = closes.select("date", r=pl.col("close").pct_change())
    (day,) = (
        row
        for row in document["tables"]["abnormal_returns"]
        if row["ticker"] == "AMD" and row["day"] == 0
    )
    alphabet = returns.row(by_predicate=pl.col("date") == dt.date(2025, 10, 6))[1]
    assert day["expected"] == pytest.approx(alphabet, abs=1e-12)
    again = bt.run(
        CALENDAR, "snapshot", selection=AMD, model="matched", sectors=sectors, cache=cache
    )
    assert again.provenance.computed == 0
    plain = cli(*MATCHED, "--format", "json").json
    assert plain["provenance"]["sectors"] is None
    assert {row["coefficients"]["controls"] for row in plain["tables"]["fits"]} == {3}


def test_a_curve_is_made_of_the_same_studies(cli: Command, sectors: Path) -> None:
    choices = ("--models", "market,matched", "--windows", "0:0", "--format", "json")
    curve = cli("curve", *SNAPSHOT, "--sectors", sectors, *choices)
    assert curve.json["provenance"]["sectors"] == f"{sectors}, 3 tickers in 2 sectors"
    study = cli(*MATCHED, "--sectors", sectors, "--cars", "0:0", "--format", "json").json
    (car,) = (row["car"] for row in study["tables"]["cars"] if row["ticker"] == "AMD")
    chosen = ("AMD", "matched", "SPY", "simple", -260)
    columns = ("ticker", "model", "benchmark", "returns", "estimation_start")
    (one,) = (
        row
        for row in curve.json["tables"]["specifications"]
        if tuple(row[name] for name in columns) == chosen
    )
    assert one["car"] == car
    line = cli("curve", *SNAPSHOT, "--sectors", sectors, "--models", "market,mean").refused(2)
    assert "add one to the models: market,mean,matched" in line


@pytest.mark.parametrize("command", ["claims", "regress"])
def test_other_views_of_a_study_take_them_too(cli: Command, sectors: Path, command: str) -> None:
    """They say so to whom it concerns."""
    study = (command, "--events", CALENDAR, "--prices", "snapshot", "--model", "matched")
    more = ("--on", "role:counterparty") if command == "regress" else ()
    ran = cli(*study, *more, "--sectors", sectors)
    assert ran.code == 0, ran.err
    assert "no sector is given" in ran.err


def test_no_model_that_takes_them(cli: Command) -> None:
    line = cli("run", *SNAPSHOT, "--model", "market,ff3", "--sectors", "none.csv").refused(2)
    assert line == (
        "error: sectors: only the models `matched` and `synthetic` take them "
        "(add one to the models: market,ff3,matched)"
    )


TABLES = {
    "ticker\nAMD\n": "there is no column `sector`; the columns are: ticker",
    "ticker,sectr\nAMD,x\n": "(did you mean `sectr`?)",
    "": "the file is empty",
    "ticker,sector\n": "the table has no rows",
    "ticker,sector\nAMD,Tech\n,Ads\n": "s.csv:3: ticker: is empty",
    "ticker,sector\nAMD,Tech\nAMD,Ads\n": "s.csv:3: sector: AMD has two: `Tech` before and `Ads`",
}


@pytest.mark.parametrize("text", TABLES)
def test_a_table_that_cannot_be_meant(cli: Command, tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(text)
    assert TABLES[text] in cli(*MATCHED, "--sectors", path).refused(2)
    assert TABLES[text] in cli(
        "curve", *SNAPSHOT, "--models", "matched", "--sectors", path
    ).refused(2)


def test_no_table(cli: Command, tmp_path: Path) -> None:
    line = cli(*MATCHED, "--sectors", tmp_path / "none.csv").refused(2)
    assert line == f"error: {tmp_path / 'none.csv'}: there is no such file"
    line = cli(*MATCHED, "--sectors", tmp_path / "none.xlsx").refused(2)
    assert "neither .csv nor .parquet" in line
    path = save(pl.DataFrame({"ticker": ["AMD"], "sector": [45]}), tmp_path / "s.parquet")
    assert "sector: the column holds Int64, not text" in cli(*MATCHED, "--sectors", path).refused(2)
