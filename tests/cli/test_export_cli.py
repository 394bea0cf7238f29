"""`backtest export`: several exports at once, and what is refused before anything is computed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from support.cli import CALENDAR, Command

AMD = "2025-10-06-amd-openai-6gw-warrant"
STUDY = ("--events", CALENDAR, "--prices", "snapshot")


def test_several_exports_into_a_new_folder(cli: Command, tmp_path: Path) -> None:
    out = tmp_path / "paper"
    ran = cli("export", "--to", "parquet,markdown", "--to", "csv", AMD, *STUDY, out)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines() == [
        "computed 6 observations",
        f"wrote abnormal_returns.parquet, cars.parquet and 8 more files to {out}",
        f"wrote tables.md to {out}",
        "note: csv: an apostrophe stands before 5 cells of text that spreadsheets would run as "
        "formulas; parquet has them as they are",
        f"wrote abnormal_returns.csv, cars.csv and 7 more files to {out}",
    ]
    assert len(pl.read_parquet(out / "cars.parquet")) == 36


def test_an_export_asked_for_twice_is_written_once(cli: Command, tmp_path: Path) -> None:
    ran = cli("export", "--to", "latex, latex", "--to", "latex", AMD, *STUDY, tmp_path / "o")
    assert sum(line.startswith("wrote") for line in ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "xslx", "out"], "did you mean `xlsx`?"),
        (["--to", ",", "out"], "names no export"),
        (["out"], "Missing option '--to'"),
        (["--to", "csv"], "Missing argument 'DIR'"),
        (["--to", "csv", "tag:chips"], "`tag:chips` is a selection; the folder comes last"),
        (["--to", "csv", AMD, "2025-*"], "`2025-*` is a selection"),
        (["--to", "csv", "file"], "file is a file"),
        (["--to", "csv", "nothing-like-it", "out"], "no announcement is called"),
    ],
)
def test_what_is_refused(
    cli: Command, cache: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "file").write_text("")
    assert said in cli("export", *STUDY, *arguments).refused(2)
    assert not (tmp_path / "out").exists()
    assert not (cache / "results").exists()


def test_every_unknown_export_is_told_at_once(cli: Command) -> None:
    ran = cli("export", "--to", "cvs,parqet", *STUDY, "out")
    lines = [line for line in ran.err.splitlines() if line.startswith("error")]
    assert ["did you mean `csv`?" in lines[0], "did you mean `parquet`?" in lines[1]] == [True] * 2


def test_nothing_studied_writes_nothing(cli: Command, tmp_path: Path) -> None:
    ran = cli("export", "--to", "csv", "2026-08-17-nvda-105b-guarantee", *STUDY, tmp_path / "o")
    assert "not yet traded" in ran.refused(3)
    assert not (tmp_path / "o").exists()
