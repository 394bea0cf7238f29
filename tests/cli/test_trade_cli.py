"""`backtest trade`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest
from support.cli import CALENDAR, Command

TRADE = ("trade", "round-trip-to-the-cut", "--events", CALENDAR, "--prices", "snapshot")
RULE = "id: mine\ntitle: A rule of mine\nwhere: role = 'issuer'\nexit: {after: 3}\n"


def test_the_oracle_case_is_told_as_it_was(cli: Command) -> None:
    ran = cli(*TRADE)
    assert ran.code == 0, ran.err
    assert "gap not to be had: 241.51 → open 319.19, +32.16% (reaction +35.95%)" in ran.out
    assert "Nothing can be concluded from 7 trades on 7 dates" in ran.out
    assert "2025-09-25, hour unknown, taken as after the close" in ran.out
    assert "--out DIR writes all tables" in ran.err


@pytest.mark.parametrize("width", ["80", "100", "160"])
def test_no_line_is_wider_than_the_terminal(
    cli: Command, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    lines = cli("trade", "--events", CALENDAR, "--prices", "snapshot").out.splitlines()
    assert max(map(len, lines)) <= int(width)
    assert sum(line.startswith("  so  Nothing can be concluded") for line in lines) == 4


def test_json_csv_and_files_are_the_same_trades(cli: Command, tmp_path: Path) -> None:
    document = cli(*TRADE, "--format", "json").json
    rows = document["tables"]["trades"]
    assert document["capital"] == 1e6
    assert document["strategies"][0]["exit"]["until"] == "2026-02-20-openai-compute-600b"
    assert document["tables"]["untraded"][0]["reason"] == "the security is held already"
    read = list(csv.DictReader(io.StringIO(cli(*TRADE, "--format", "csv").out)))
    assert [float(one["net"]) for one in read] == [one["net"] for one in rows]
    ran = cli(*TRADE, "--format", "parquet", "--out", tmp_path / "out")
    assert ran.out == ""
    assert "wrote 5 files" in ran.err
    trades = pl.read_parquet(tmp_path / "out" / "trades.parquet")
    assert trades["net"].to_list() == [one["net"] for one in rows]
    equity = pl.read_parquet(tmp_path / "out" / "equity.parquet")
    assert equity["pnl"].sum() == pytest.approx(trades["net"].sum())


def test_written_trades_are_asked_in_sql(cli: Command, tmp_path: Path) -> None:
    cli(*TRADE, "--out", tmp_path / "out")
    listed = cli("query", "--from", tmp_path / "out")
    assert "return from that close to the entry: what could not be had" in listed.out
    asked = "SELECT ticker, gap FROM trades ORDER BY gap DESC LIMIT 1"
    found = cli("query", asked, "--from", tmp_path / "out", "--format", "csv")
    assert found.out.splitlines()[1].startswith("AMD,0.375")


def test_capital_scales_what_is_put_at_risk(cli: Command) -> None:
    small = cli(*TRADE, "--capital", "10000", "--format", "json").json["tables"]["trades"]
    assert {one["notional"] for one in small} == {1_000.0}


def test_a_selection_narrows_the_announcements(cli: Command) -> None:
    made = cli("trade", "drift-after-big-reactions", *TRADE[2:], "--select", "ticker:AMD",
               "--format", "json").json  # fmt: skip
    assert made["tables"]["trades"]
    assert {one["strategy"] for one in made["tables"]["trades"]} == {"drift-after-big-reactions"}


def test_a_file_of_ones_own(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RULE)
    ran = cli("trade", "mine.yaml", *TRADE[2:], "--format", "json")
    assert {one["why"] for one in ran.json["tables"]["trades"]} == {"issuer"}


def test_the_list_and_the_schema(cli: Command) -> None:
    listed = cli("trade", "--list")
    assert listed.code == 0
    assert "Sell one-day pops short for a week" in listed.out
    assert json.loads(cli("trade", "--schema").out)["title"] == "Strategy file"


def test_what_is_refused(cli: Command, tmp_path: Path) -> None:
    assert "did you mean `round-trip-to-the-cut`?" in cli("trade", "round-trip").refused(2)
    assert "parquet goes into files" in cli(*TRADE, "--format", "parquet").refused(2)
    assert "--capital" in cli(*TRADE, "--capital", "0").refused(2)
    for capital in ("nan", "inf", "1e300"):
        told = cli(*TRADE, "--capital", capital).refused(2)
        assert "an amount of money above 0" in told
        assert "capital is " in told
    (tmp_path / "mine.yaml").write_text(RULE.replace("issuer'", "issuer' AND ar > 0"))
    line = cli("trade", "mine.yaml", *TRADE[2:]).refused(2)
    assert "mine.yaml:" in line
    assert "comes before the close of the reaction's session" in line
    (tmp_path / "mine.yaml").write_text(RULE.replace("role", "rolle"))
    assert "mine.yaml:3:8: where: nothing is known by `rolle`" in cli(
        "trade", "mine.yaml", *TRADE[2:]
    ).refused(2)


def test_nothing_to_trade_is_said(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RULE.replace("issuer", "nobody"))
    ran = cli("trade", "mine.yaml", *TRADE[2:])
    assert "nothing was traded: no announcement meets the condition" in ran.refused(3)
    assert "has a party of the role `nobody`; there are: beneficiary, " in ran.err
    (tmp_path / "late.yaml").write_text(RULE)
    large = RULE.replace("exit:", "size: {rule: equal, value: 2000000}\nexit:")
    (tmp_path / "large.yaml").write_text(large)
    ran = cli("trade", "large.yaml", *TRADE[2:])
    told = " ".join(ran.refused(3).split())
    assert "nothing was traded: too large: it alone comes to more than may be at work" in told
    assert "so Nothing was traded, so nothing can be concluded: too large" in " ".join(
        ran.out.split()
    )
    ran = cli("trade", "late.yaml", *TRADE[2:], "--select", "2026-09-10-*")
    assert "not yet traded: the prices end before" in ran.refused(3)


def test_a_book_without_costs_has_no_empty_brackets(cli: Command, tmp_path: Path) -> None:
    free = "costs: {commission_bps: 0, half_spread_bps: 0, impact: 0, borrow_bps: 0}\n"
    (tmp_path / "free.yaml").write_text(RULE + free)
    out = " ".join(cli("trade", "free.yaml", *TRADE[2:]).out.split())
    assert ", costs 0 " in out
    assert "()" not in out


def test_a_slip_in_a_condition_of_a_sweep_is_that_options(cli: Command) -> None:
    swept = (*TRADE, "--sweep", "--placebo", "0")
    line = cli(*swept, "--where", "role = 'counterpartyy'").refused(2)
    assert "--where" in line
    assert "did you mean `counterparty`?" in line
    assert "did you mean `post`?" in cli(*swept, "--where", "hour = 'pst'").refused(2)
