"""`--measure` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.bulk import made_events, made_prices, save
from support.cli import CALENDAR, Command

AMD = "2025-10-06-amd-openai-6gw-warrant"
STUDY = ("run", AMD, "--events", CALENDAR, "--prices", "snapshot")


def test_a_measure_is_told_in_the_report_and_not_in_percent(cli: Command) -> None:
    for measure, heading in (("volume", "ln V"), ("volatility", "U")):
        out = cli(*STUDY, "--measure", measure).out
        assert f"measure     {measure}: " in out
        assert f"Average abnormal {measure} by group" in out
        assert ("large t and stars overstate" in " ".join(out.split())) == (measure == "volatility")
        (head, amd, *_) = (
            line for line in out.splitlines() if line.startswith(("  ticker", "  AMD"))
        )
        assert heading in head
        assert "return" not in head
        assert "%" not in amd
        assert "+$63.4bn" in amd
    plain = cli(*STUDY).out
    assert "measure " not in plain
    assert "+23.71%" in plain


def test_ln_v_as_in_the_table(cli: Command) -> None:
    out = cli(*STUDY, "--measure", "volume", "--model", "mean").out
    (amd, *_) = (line for line in out.splitlines() if line.startswith("  AMD"))
    assert amd.split()[2:4] == ["19.33", "+1.82***"]


def test_models_of_returns_are_refused(cli: Command) -> None:
    line = cli(*STUDY, "--measure", "volume", "--model", "market,ff3").refused(2)
    assert "ff3 needs mkt_rf, smb, hml, rf: factors of returns, not of volume" in line
    line = cli(*STUDY, "--measure", "volatility", "--model", "capm").refused(2)
    assert "capm needs rf: factors of returns, not of volatility" in line


def test_log_returns_of_volume(cli: Command) -> None:
    line = cli(*STUDY, "--measure", "volume", "--returns", "log").refused(2)
    assert "a study of volume has no log returns" in line


def test_an_unknown_measure(cli: Command) -> None:
    assert cli(*STUDY, "--measure", "turnover").code == 2


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_without_volumes(cli: Command, tmp_path: Path, suffix: str) -> None:
    events = save(made_events(4, ("AAA",)), tmp_path / f"events{suffix}")
    prices = save(made_prices(("AAA",)), tmp_path / f"prices{suffix}")
    line = cli("run", "--events", events, "--prices", prices, "--measure", "volume").refused(3)
    assert "the prices have no volumes" in line


def test_controls_of_volume(cli: Command) -> None:
    line = cli(*STUDY, "--measure", "volume", "--model", "matched").refused(2)
    assert "matched needs controls by likeness of returns, not of volume" in line
