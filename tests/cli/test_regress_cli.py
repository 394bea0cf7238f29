"""`backtest regress`: the command line of cross-sectional regressions."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from support.cli import CALENDAR, Command

import backtest as bt

REGRESS = ("regress", "--events", CALENDAR, "--prices", "snapshot", "--measure-window", "0:0")


def test_json_holds_what_python_returns(cli: Command, cache: Path) -> None:
    on = ("--on", "deal_to_cap,role:counterparty", "--difference", "role:counterparty,competitor")
    ran = cli(*REGRESS, *on, "--format", "json")
    assert ran.code == 0, ran.err
    result = bt.run(CALENDAR, "snapshot", cars=["0:0"], cache=cache)
    assert result.provenance.computed == 0
    ours = bt.regress(
        result,
        ["deal_to_cap", "role:counterparty"],
        events=CALENDAR,
        differences="role:counterparty,competitor",
    )
    assert ran.json["tables"] == ours.as_dict()["tables"]
    assert ran.json["schema_version"] == 1
    assert ran.json["spec"]["regression"]["errors"] == "hc3"
    csv = cli(*REGRESS, *on, "--format", "csv").out
    assert (
        pl.read_csv(csv.encode())["coefficient"].to_list()
        == ours.coefficients["coefficient"].to_list()
    )


def test_the_table_says_what_was_done_and_who_is_missing(cli: Command) -> None:
    ran = cli(*REGRESS, "--on", "deal_to_cap,financing", "--errors", "cluster-date")
    lines = ran.out.splitlines()
    assert lines[0] == "CAR 0:0, market"
    assert lines[1].startswith("OLS, errors by reaction date (")
    assert lines[2].startswith("measured against financing:")
    assert any(line.split()[:1] == ["deal_to_cap"] for line in lines)
    assert any(line.strip().startswith("left out") and "no deal value" in line for line in lines)


def test_only_rows_that_are_tiny_throughout_are_written_by_powers(cli: Command) -> None:
    """The change for a dollar is; a figure beside a usual error is +0.00%."""
    out = cli(*REGRESS, "--on", "deal_value").out
    (dollar,) = (line for line in out.splitlines() if line.split()[:1] == ["deal_value"])
    assert dollar.count("e−") == 4
    assert (
        "e−"
        not in cli(*REGRESS, "--on", "deal_to_cap,role,financing", "--measure-window", "-10:10").out
    )


def test_names_are_checked_before_any_price_is_read(cli: Command, tmp_path: Path) -> None:
    nowhere = ("--prices", tmp_path / "none.parquet")
    line = cli("regress", "--events", CALENDAR, *nowhere, "--on", "financng").refused(2)
    assert "nothing is known by `financng`" in line
    assert "did you mean `financing`?" in line


def test_nothing_to_regress_on(cli: Command) -> None:
    assert "--on deal_to_cap,role" in cli("regress").refused(2)


def test_a_study_of_one_event_says_why_not(cli: Command) -> None:
    amd = "2025-10-06-amd-openai-6gw-warrant"
    line = cli(*REGRESS, amd, "--on", "deal_to_cap").refused(2)
    assert "market 0:0:" in line
