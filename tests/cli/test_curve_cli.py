"""`backtest curve`: the command line of the specification curve."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from support.cli import CALENDAR, Command

AMD = "2025-10-06-amd-openai-6gw-warrant"
SMALL = ("--models", "market,mean", "--windows", "0:0,-1:1", "--returns", "simple")
CURVE = ("curve", AMD, "--events", CALENDAR, "--prices", "snapshot", "--ticker", "AMD", *SMALL)


def test_one_security_is_shown_with_every_specification(cli: Command) -> None:
    ran = cli(*CURVE)
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    at = lines.index("Every specification by its CAR")
    ranks = [line.split()[0] for line in lines[at + 2 : at + 14]]
    assert ranks == [str(rank) for rank in range(1, 13)]
    assert "Each choice, all others varying" in lines


def test_csv_json_and_files_are_the_same_data(cli: Command, tmp_path: Path) -> None:
    document = cli(*CURVE, "--format", "json").json
    rows = document["tables"]["specifications"]
    assert document["grid"]["windows"] == ["0:0", "-1:1"]
    frame = pl.read_csv(cli(*CURVE, "--format", "csv").out.encode())
    assert frame["car"].to_list() == [row["car"] for row in rows]
    ran = cli(*CURVE, "--out", tmp_path / "out")
    assert "wrote 3 files" in ran.err
    written = pl.read_parquet(tmp_path / "out" / "specifications.parquet")
    assert written["car"].to_list() == frame["car"].to_list()
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == [
        *("curves", "missing", "specifications")
    ]


def test_events_are_named_or_all_of_them_meant(cli: Command) -> None:
    assert "say --all" in cli("curve").refused(2)
    assert "say --all" in cli("curve", AMD, "--all").refused(2)


def test_what_is_wrong_with_a_grid(cli: Command) -> None:
    line = cli("curve", "--all", "--windows", "0:x,0:0", "--returns", "simple")
    assert "windows: `0:x` is not a window" in line.refused(2)
    assert "neither simple nor log" in cli("curve", "--all", "--returns", "logs").refused(2)
    assert "models: names nothing" in cli("curve", "--all", "--models", ",").refused(2)
    assert "unknown model `markt`" in cli(*CURVE[:6], "--models", "markt").refused(2)
    assert "did you mean `AMD`?" in cli(*CURVE[:6], "--ticker", "ADM").refused(2)


def test_an_event_without_prices_is_no_curve(cli: Command) -> None:
    ran = cli("curve", "2026-10-08-*", "--events", CALENDAR, "--prices", "snapshot", *SMALL)
    assert "nothing could be estimated: not yet traded" in ran.refused(3)


def test_settings_are_those_of_a_study(cli: Command, tmp_path: Path) -> None:
    """The grid is the command's own; what it shares with a study can stand in the file."""
    flags = cli(*CURVE, "--min-obs", "110", "--format", "json")
    (tmp_path / "backtest.toml").write_text(
        f'[study]\nevents = "{CALENDAR}"\nprices = "snapshot"\nmin-obs = 110\nmodel = "ff5"\n'
    )
    ran = cli("curve", AMD, "--ticker", "AMD", *SMALL, "--format", "json")
    assert ran.json["tables"] == flags.json["tables"]
    assert "settings from backtest.toml" in ran.err
