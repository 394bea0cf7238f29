"""`--factors` and `--factor-data` on the command line, as in Python."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from support.bulk import save
from support.cli import CALENDAR, Command

import backtest as bt
from backtest.prices.factors import load_factors

AMD = "2025-10-06-amd-openai-6gw-warrant"
STUDY = ("run", AMD, "--events", CALENDAR, "--prices", "snapshot", "--format", "json")


def test_a_table_of_one_s_own_gives_what_it_says(cli: Command, tmp_path: Path) -> None:
    """The shipped factors written as the library writes them, Mkt-RF and all."""
    table = load_factors().frame.rename({"mkt_rf": "Mkt-RF", "rf": "RF"})
    path = save(table, tmp_path / "own.csv")
    own = cli(*STUDY, "--model", "ff5", "--factor-data", path)
    shipped = cli(*STUDY, "--model", "ff5")
    assert own.json["tables"] == shipped.json["tables"]
    assert own.json["provenance"]["factors"] == f"{path}, to 2026-04-30"
    # The same content elsewhere is the same study.
    assert "nothing to compute" in shipped.err


def test_factors_are_joined_by_plus(cli: Command, cache: Path) -> None:
    ran = cli(*STUDY, "--model", "factors", "--factors", "rf + Mkt-RF+QQQ")
    assert ran.json["spec"]["factors"] == ["rf", "mkt_rf", "QQQ"]
    fits = pl.DataFrame(ran.json["tables"]["fits"], infer_schema_length=None)
    assert fits["coefficients"].struct.fields == ["alpha", "beta", "QQQ"]
    ours = bt.run(
        CALENDAR,
        "snapshot",
        selection=AMD,
        model="factors",
        factors=["rf", "mkt_rf", "QQQ"],
        cache=cache,
    )
    assert ours.provenance.computed == 0
    assert ours.fits["alpha"].to_list() == fits["alpha"].to_list()


def test_a_ticker_that_the_snapshot_lacks(cli: Command) -> None:
    line = cli(*STUDY, "--model", "factors", "--factors", "rf+SMH").refused(3)
    assert line == (
        "error: factors: the factor SMH has no prices: "
        "not among the 12 securities of the shipped snapshot"
    )


def test_claims_take_the_options_too(cli: Command) -> None:
    ran = cli("claims", AMD, "--events", CALENDAR, "--prices", "snapshot", "--model", "ff3")
    assert ran.code == 0, ran.err


def test_the_report_says_which_factors(cli: Command) -> None:
    study = ("run", AMD, "--events", CALENDAR, "--prices", "snapshot", "--model", "factors")
    shipped = "Kenneth R. French data library, as shipped, to 2026-04-30"
    own = cli(*study, "--factors", "rf+QQQ").out.splitlines()
    assert f"factors     rf+QQQ; {shipped}" in own
    tickers = cli(*study, "--factors", "QQQ+TSM").out.splitlines()
    assert "factors     QQQ+TSM" in tickers
    plain = cli("run", AMD, "--events", CALENDAR, "--prices", "snapshot")
    assert not any(line.startswith("factors") for line in plain.out.splitlines())
