"""`backtest audit size` as it is called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from support.cli import Command
from support.placebos import market_model, price_table

FEW = ("--samples", 40, "--power-samples", 20, "--tests", "patell,bmp_adjusted", "--jobs", 1)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).standard_normal((30, 400))
    return price_table(tmp_path, market_model(noise))


def test_the_printed_table(cli: Command, prices: Path) -> None:
    ran = cli("audit", "size", "--prices", prices, "--events", "1,20", "--seed", 3, *FEW)
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert "prices      prices.parquet, 30 securities to 2021-02-03" in lines
    assert "drawn from  4,031 days of 29 securities, 139 dates; seed 3" in lines
    assert "20 events sharing one random date, 40 samples, power from 20" in lines
    assert "1 event on random dates, 40 samples, power from 20" in lines
    headers = [line.split() for line in lines if line.startswith("  test ")]
    shown = [
        "test",
        "1",
        "%",
        "5",
        "%",
        "band",
        "10",
        "%",
        "+0.5",
        "%",
        "+1",
        "%",
        "+2",
        "%",
        "note",
    ]
    assert headers[-1] == shown
    assert "  not defined  patell, bmp_adjusted: needs at least 2 observations" in lines
    assert any(
        line.startswith("  patell ") and line.endswith("known: not robust to clustering")
        for line in lines
    )
    assert "note: only 29 securities" in ran.err


def test_one_design_as_json(cli: Command, prices: Path) -> None:
    ran = cli(
        *("audit", "size", "--prices", prices, "--events", 5, "--same-date", "--add", 0),
        *(*FEW, "--format", "json"),
    )
    assert ran.code == 0, ran.err
    document = ran.json
    assert document["schema_version"] == 1
    assert document["spec"]["designs"] == ["same_date"]
    assert document["spec"]["window"] == "0:0"
    rows = document["tables"]["size"]
    assert {row["design"] for row in rows} == {"same_date"}
    assert {(row["test"], row["level"]) for row in rows} == {
        (test, level) for test in ("patell", "bmp_adjusted") for level in (0.01, 0.05, 0.1)
    }
    assert document["provenance"]["securities"] == 29
    assert "simulated" in document["provenance"]
    assert document["warnings"][0].startswith("only 29 securities")


def test_csv_and_parquet(cli: Command, prices: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = cli(
        *("audit", "size", "--prices", prices, "--events", 5, "--random"),
        *(*FEW, "--format", "csv", "--out", out),
    )
    assert ran.code == 0, ran.err
    written = pl.read_parquet(out / "size.parquet")
    assert ran.out == written.write_csv()
    assert set(written["design"]) == {"random"}
    assert f"wrote {out / 'size.parquet'}" in ran.err


def test_the_snapshot_says_what_it_cannot_draw(cli: Command) -> None:
    ran = cli("audit", "size", "--events", 50, "--samples", 20, "--tests", "bmp", "--jobs", 1)
    assert ran.code == 0, ran.err
    assert "shipped snapshot, 12 securities" in ran.out
    assert "only 11 securities: samples overlap" in ran.err
    assert (
        "same-date samples of 50 events cannot be drawn: at most 11 securities share a date"
        in ran.err
    )


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--events", "5,x"), 2, "`5,x` is not a list of whole numbers"),
        (("--add", "1%"), 2, "`1%` is not a list of numbers"),
        (("--tests", "bmpp"), 2, "did you mean `bmp`?"),
        (("--window", "1:3"), 2, "which the window 1:3 does not hold"),
        (("--prices", "yahoo"), 2, "this source cannot list them"),
        (("--estimation", "-900:-11"), 3, "shorten the estimation window"),
    ],
)
def test_what_cannot_be_meant(
    cli: Command, options: tuple[str, ...], code: int, message: str
) -> None:
    assert message in cli("audit", "size", *options).refused(code)


def test_settings_are_those_of_a_study(cli: Command, tmp_path: Path) -> None:
    """But not its events and windows, which mean something else here."""
    (tmp_path / "backtest.toml").write_text(
        '[study]\nevents = "events"\nwindow = "-5:5"\ntests = ["bmp"]\nprices = "auto"\n'
    )
    line = cli("audit", "size").refused(2)
    assert line.startswith("error: backtest.toml:5:10: prices: an audit draws from all securities")
