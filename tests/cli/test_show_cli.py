"""`backtest show`: which event, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import CALENDAR, Command

AMD = "2025-10-06-amd-openai-6gw-warrant"
STUDY = ("--events", CALENDAR, "--prices", "snapshot")


@pytest.mark.parametrize("word", [AMD, "2025-10-06", "*-amd-openai-6gw-*"])
def test_an_id_a_pattern_or_a_beginning(cli: Command, word: str) -> None:
    ran = cli("show", word, *STUDY)
    assert ran.code == 0
    assert ran.out.splitlines()[1].startswith(AMD)
    assert "Other news near the event (▴)" in ran.out
    assert "tariff shock" in ran.out
    assert ran.err.splitlines() == ["computed 6 observations"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("2025-10-07", "names 2 announcements: 2025-10-07-orcl-margin-report, 2025-10-07-xai"),
        ("2025-*", "and 13 more (name one of them)"),
        ("2025-10-06-amd-opanai-6gw-warrant", f"did you mean `{AMD}`?"),
        ("AMD-openai", f"did you mean `{AMD}`?"),
        ("nothing-like-it", "`backtest events list` has the ids"),
        ("", "no announcement is called ``"),
    ],
)
def test_one_line_for_none_or_several(cli: Command, cache: Path, word: str, said: str) -> None:
    line = cli("show", word, *STUDY).refused(2)
    assert said in line
    assert not (cache / "results").exists()


def test_options_reach_the_study(cli: Command) -> None:
    ran = cli("show", AMD, *STUDY, "--model", "mean", "--window", "-3:3", "--cars", "-3:3")
    assert "over sessions −3:3, model mean" in ran.out
    assert "CAR −3:3" in ran.out


def test_an_event_nobody_could_trade_yet(cli: Command) -> None:
    ran = cli("show", "2026-08-17-nvda-105b-guarantee", *STUDY)
    assert "not yet traded: prices end 2026-05-29" in ran.refused(3)
    assert "left out" in ran.out
    assert "┤" not in ran.out


def test_an_event_of_a_table(cli: Command, tmp_path: Path) -> None:
    table = tmp_path / "events.csv"
    table.write_text("event_id,ticker,date\nfirst,AMD,2025-10-06\nsecond,NVDA,2025-10-06\n")
    ran = cli("show", "first", "--events", table, "--prices", "snapshot")
    assert ran.code == 0
    assert "AMD +46.01%" in ran.out
    assert "NVDA" not in ran.out
    line = cli("show", "frist", "--events", table, "--prices", "snapshot").refused(2)
    assert "did you mean `first`?" in line
