"""`backtest init`: a folder in which the next command works."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Command

from backtest.config.start import EXAMPLE


def test_a_study_runs_in_it_and_below_it(
    cli: Command, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = cli("init", "mine")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "mine/backtest.toml"
    below = tmp_path / "mine" / "notes"
    below.mkdir()
    monkeypatch.chdir(below)
    ran = cli("run", "--prices", "snapshot", "--format", "json")
    assert ran.code == 0, ran.err
    events = {row["event_id"] for row in ran.json["tables"]["cars"]}
    assert events == {EXAMPLE.removesuffix(".yaml")}
    assert cli("events", "check").code in (0, 1)
    assert list(below.iterdir()) == []


def test_a_second_time_nothing_is_written(cli: Command, tmp_path: Path) -> None:
    cli("init")
    (tmp_path / "backtest.toml").write_text("# mine\n")
    ran = cli("init")
    assert (ran.code, ran.out) == (0, "")
    assert "kept: backtest.toml" in ran.err
    assert (tmp_path / "backtest.toml").read_text() == "# mine\n"


def test_a_file_in_the_way_is_one_line(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    assert "taken: cannot be written: there is a file" in cli("init", "taken").refused(2)
