"""A study is the same study wherever its settings came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import CALENDAR, Command

SELECTION = "2025-10-06-amd-openai-6gw-warrant"
FLAGS = {
    "events": str(CALENDAR),
    "prices": "snapshot",
    "model": "market,mean",
    "cars": "0:0,-1:1",
    "tests": "bmp,rank",
    "estimation": "-130:-11",
    "min-obs": "90",
    "group-by": "role",
}
FILE = f"""\
[study]
events = "{CALENDAR}"
prices = "snapshot"
model = ["market", "mean"]
cars = ["0:0", "-1:1"]
tests = ["bmp", "rank"]
estimation = "-130:-11"
min-obs = 90
group-by = ["role"]
"""


def test_the_keys_and_the_numbers_are_the_same(
    cli: Command, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second and third time everything is taken from the cache: no key has changed."""
    run = ("run", SELECTION, "--format", "json")
    flags = cli(*run, *(f"--{key}={value}" for key, value in FLAGS.items()))
    assert flags.code == 0, flags.err
    assert flags.json["provenance"]["reused"] == 0
    kept = sorted(path.name for path in (cache / "results").rglob("*"))

    (tmp_path / "backtest.toml").write_text(FILE, encoding="utf-8")
    by_file = cli(*run)
    (tmp_path / "backtest.toml").unlink()
    for key, value in FLAGS.items():
        monkeypatch.setenv(f"BACKTEST_{key.upper().replace('-', '_')}", value)
    by_variable = cli(*run)
    for other in (by_file, by_variable):
        assert other.json["provenance"]["computed"] == 0, other.err
        assert other.json["tables"] == flags.json["tables"]
        assert other.json["spec"] == flags.json["spec"]
        assert other.json["provenance"]["events"] == flags.json["provenance"]["events"]
    assert sorted(path.name for path in (cache / "results").rglob("*")) == kept


def test_a_table_named_from_elsewhere_has_the_same_key(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a path of the flag here, and by one of the file seen from a folder below."""
    from support.bad_input import EVENTS, PRICES
    from support.bulk import save

    save(EVENTS, tmp_path / "e.csv")
    save(PRICES, tmp_path / "p.csv")
    first = cli("run", "--events", "e.csv", "--prices", "p.csv", "--format", "json")
    assert first.json["provenance"]["computed"] > 0
    (tmp_path / "settings").mkdir()
    file = tmp_path / "settings" / "backtest.toml"
    file.write_text('[study]\nevents = "../e.csv"\nprices = "../p.csv"\n')
    monkeypatch.chdir(tmp_path / "settings")
    again = cli("run", "--format", "json")
    assert again.json["provenance"]["computed"] == 0, again.err
    assert again.json["tables"] == first.json["tables"]
