"""`backtest claims`: the ledger alone."""

from __future__ import annotations

import polars as pl
from support.cli import CALENDAR, Command

import backtest as bt

AMD = "2025-10-06-amd-openai-6gw-warrant"
CLAIMS = ("claims", "--events", CALENDAR, "--prices", "snapshot")


def test_the_ledger_names_claim_verdict_and_source(cli: Command) -> None:
    ran = cli(*CLAIMS, AMD)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == AMD
    assert lines[1].startswith("  ✗ contradicted  AMD article-nearly-70bn: ")
    assert "100.7" in lines[1]
    assert lines[2].strip().startswith("DoNews, ")
    assert lines[-1] == "Claims: 5 confirmed, 2 contradicted"
    assert "computed 6 observations" in ran.err


def test_json_and_csv_are_the_claims_table(cli: Command, cache: object) -> None:
    wanted = bt.run(CALENDAR, "snapshot", selection=[AMD]).claims
    assert cli(*CLAIMS, AMD, "--format", "json").json == wanted.to_dicts()
    csv = cli(*CLAIMS, AMD, "--format", "csv").out
    assert pl.read_csv(csv.encode(), schema_overrides=wanted.schema).equals(wanted)


def test_strict_exits_1_where_a_claim_is_contradicted(cli: Command) -> None:
    assert cli(*CLAIMS, AMD, "--strict").code == 1
    assert cli(*CLAIMS, "2025-10-07-xai-nvda-spv-20b", "--strict").code == 0


def test_a_claim_nobody_can_check_is_no_failure(cli: Command) -> None:
    ran = cli(*CLAIMS, "2025-10-01-samsung-skhynix-openai-loi", "--strict")
    assert ran.code == 0
    assert ran.out.count("? unverifiable") == 2
    assert "(claimed +3.50%)" in ran.out


def test_without_claims_there_are_none(cli: Command) -> None:
    ran = cli(*CLAIMS, "2026-03-24-sora-shutdown")
    assert (ran.code, ran.out) == (0, "Claims: none\n")


def test_an_unknown_format_is_refused(cli: Command) -> None:
    assert "--format" in cli(*CLAIMS, "--format", "parquet").refused(2)
