"""`backtest query`: SQL in, tables out."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from support.cli import CALENDAR, Command

import backtest as bt
from backtest.contracts import TABLES

AMD = "2025-10-06-amd-openai-6gw-warrant"
STUDY = (AMD, "--events", CALENDAR, "--prices", "snapshot")
SQL = "select ticker, start, end, car from cars where ticker = 'AMD' order by start, end"


@pytest.fixture
def wanted(cache: Path) -> pl.DataFrame:
    cars = bt.run(CALENDAR, "snapshot", selection=[AMD]).cars
    own = cars.filter(pl.col("ticker") == "AMD").sort("start", "end")
    return own.select("ticker", "start", "end", "car")


def test_a_query_prints_a_table(cli: Command) -> None:
    ran = cli("query", SQL, *STUDY)
    assert ran.code == 0
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0] == ["ticker", "start", "end", "car"]
    assert ["AMD", "-1", "1", "0.2484"] in lines
    assert ran.err.splitlines() == ["6 rows", "computed 6 observations"]


def test_csv_json_and_parquet_are_exact(cli: Command, wanted: pl.DataFrame, tmp_path: Path) -> None:
    csv = cli("query", SQL, *STUDY, "--format", "csv").out
    assert pl.read_csv(csv.encode(), schema_overrides=wanted.schema).equals(wanted)
    document = cli("query", SQL, *STUDY, "--format", "json").json
    assert document["tables"]["query"] == wanted.to_dicts()
    assert document["spec"]["benchmark"] == "SPY"
    for kind in ("csv", "json", "parquet"):
        ran = cli("query", SQL, *STUDY, "--out", tmp_path / f"x.{kind}")
        assert ran.out == ""
        assert ran.err.splitlines()[0] == f"wrote 6 rows to {tmp_path / f'x.{kind}'}"
    assert (tmp_path / "x.csv").read_text() == csv
    assert json.loads((tmp_path / "x.json").read_text())["tables"] == document["tables"]
    assert pl.read_parquet(tmp_path / "x.parquet").equals(wanted)


def test_roles_and_titles_can_be_asked_for(cli: Command) -> None:
    sql = "select o.role, h.title from observations o join headlines h using (event_id) limit 1"
    ran = cli("query", sql, *STUDY, "--format", "csv")
    assert ran.out.splitlines()[1].startswith("counterparty,AMD supplies OpenAI")


def test_tables_of_an_earlier_run(cli: Command, wanted: pl.DataFrame, tmp_path: Path) -> None:
    cli("run", *STUDY, "--out", tmp_path / "out")
    ran = cli("query", SQL, "--from", tmp_path / "out", "--format", "csv")
    assert pl.read_csv(ran.out.encode(), schema_overrides=wanted.schema).equals(wanted)
    assert ran.err == ""
    assert "events are chosen in the query" in cli(
        "query", SQL, AMD, "--from", tmp_path / "out"
    ).refused(2)


def test_without_a_query_everything_is_listed(cli: Command) -> None:
    ran = cli("query", "--format", "csv")
    listed = pl.read_csv(ran.out.encode())
    for frame in TABLES:
        own = listed.filter(pl.col("table") == frame.name)
        assert own["column"].to_list() == frame.names
        assert own["dtype"].to_list() == [column.dtype for column in frame.columns]
        assert own["meaning"].null_count() == 0
    text = cli("query").out
    assert all(frame.name in text for frame in TABLES)
    assert "0.36 is 36 %" in text
    assert cli("query", "--format", "json").json["tables"]["columns"] == listed.to_dicts()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_list_fits(cli: Command, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert all(len(line) <= columns for line in cli("query").out.splitlines())


def test_long_answers_are_cut_and_it_is_said(cli: Command) -> None:
    ran = cli("query", "select * from abnormal_returns", *STUDY, "--rows", "5")
    assert len(ran.out.splitlines()) == 6
    assert ran.err.splitlines()[0] == "126 rows; the first 5 are shown, --rows 0 shows all"
    everything = cli("query", "select * from abnormal_returns", *STUDY, "--rows", "0")
    assert len(everything.out.splitlines()) == 127


def test_a_bad_query_is_told_before_anything_is_computed(cli: Command, cache: Path) -> None:
    assert "would open other files" in cli("query", "select * from read_csv('x')", *STUDY).refused(
        2
    )
    assert not (cache / "results").exists()
    assert "did you mean `ticker`?" in cli("query", "select tickr from cars", *STUDY).refused(2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "parquet"], "--out FILE.parquet"),
        (["--out", "x.txt"], "end its name in one of these"),
        (["--out", "x.csv", "--format", "table"], "is to hold csv, json or parquet"),
        (["--from", "nowhere"], "there is no such folder"),
    ],
)
def test_bad_options(cli: Command, options: list[str], said: str) -> None:
    assert said in cli("query", SQL, *options).refused(2)


def test_a_place_that_cannot_be_written(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = cli("query", SQL, *STUDY, "--out", tmp_path / "file" / "x.csv")
    assert "cannot write to" in ran.refused(2)
