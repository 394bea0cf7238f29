"""`backtest config show`, and which of flag, variable, file and default holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.cli import CALENDAR, Command

from backtest.config.settings import SETTINGS

HEAVY = ("polars", "pandas", "numpy", "yfinance", "rich", "exchange_calendars", "scipy")

FILE = """\
[study]
benchmark = "QQQ"
model = ["market", "mean"]
min-obs = 60

[prices]
yahoo-url = "http://127.0.0.1:7"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "backtest.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def shown(cli: Command, *options: object) -> dict[str, dict[str, Any]]:
    ran = cli("config", "show", "--format", "json", *options)
    assert ran.code == 0, ran.err
    assert ran.json.keys() == {"schema_version", "spec", "tables", "warnings", "provenance"}
    rows = ran.json["tables"]["settings"]
    assert [f"{row['section']}.{row['key']}" for row in rows] == [one.name for one in SETTINGS]
    return {row["key"]: row for row in rows}


def told(cli: Command, *options: object) -> tuple[object, str]:
    row = shown(cli, *options)["benchmark"]
    return row["value"], row["source"]


def test_a_flag_before_a_variable_before_the_file_before_the_default(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(cli) == ("SPY", "default")
    (tmp_path / "backtest.toml").write_text(FILE, encoding="utf-8")
    assert told(cli) == ("QQQ", "file")
    monkeypatch.setenv("BACKTEST_BENCHMARK", "IWM")
    assert told(cli) == ("IWM", "variable")
    assert told(cli, "--benchmark", "DIA") == ("DIA", "flag")
    monkeypatch.setenv("BACKTEST_BENCHMARK", "")
    assert told(cli) == ("QQQ", "file")


def test_the_place_in_the_file_is_told(cli: Command, file: Path) -> None:
    row = shown(cli)["model"]
    assert (row["value"], row["file"], row["line"], row["column"]) == (
        *("market,mean", "backtest.toml", 3),
        9,
    )
    lines = cli("config", "show", "--model", "mean").out.splitlines()
    assert lines[0] == "file  backtest.toml"
    (line,) = (line for line in lines if line.startswith("benchmark"))
    assert line.split() == ["benchmark", "QQQ", "backtest.toml:2"]
    (line,) = (line for line in lines if line.startswith("model"))
    assert line.split(maxsplit=2) == ["model", "mean", "--model, before backtest.toml:3"]


def test_a_flag_names_the_variable_that_it_comes_before(
    cli: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def source(*options: str) -> str:
        lines = cli("config", "show", *options).out.splitlines()
        (line,) = (line for line in lines if line.startswith("model "))
        return line.split(maxsplit=2)[2]

    monkeypatch.setenv("BACKTEST_MODEL", "ff5")
    assert source("--model", "mean") == "--model, before BACKTEST_MODEL and backtest.toml:3"
    assert source() == "BACKTEST_MODEL, before backtest.toml:3"
    file.unlink()
    assert source("--model", "mean") == "--model, before BACKTEST_MODEL"
    monkeypatch.setenv("BACKTEST_MODEL", "")
    assert source("--model", "mean") == "--model"


def test_what_is_not_set_is_said_in_words(cli: Command) -> None:
    row = shown(cli)["cars"]
    assert (row["value"], row["unset"]) == (None, "the usual ones that fit")
    assert "(the usual ones that fit)" in cli("config", "show").out


def test_settings_that_are_only_variables(
    cli: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests' own mirror is a variable, so it comes before the file; it is left as it was."""
    assert shown(cli)["yahoo-url"]["source"] == "variable"
    monkeypatch.delenv("BACKTEST_YAHOO_URL")
    row = shown(cli)["yahoo-url"]
    assert (row["value"], row["source"], row["line"]) == ("http://127.0.0.1:7", "file", 7)
    assert "BACKTEST_YAHOO_URL" not in os.environ


def test_a_mirror_in_the_file_is_asked(
    cli: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKTEST_FRENCH_URL")
    file.write_text('[prices]\nfrench-url = "http://127.0.0.1:7/ftp"\n')
    line = cli("prices", "factors").refused(3)
    assert "http://127.0.0.1:7/ftp/" in line
    assert "BACKTEST_FRENCH_URL" not in os.environ


@pytest.mark.parametrize("before", [True, False])
def test_another_file_is_named_before_or_after_the_command(
    cli: Command, file: Path, tmp_path: Path, before: bool
) -> None:
    other = tmp_path / "other" / "mine.toml"
    other.parent.mkdir()
    other.write_text('[study]\nbenchmark = "IWM"\nevents = "e"\n')
    named, command = ("--config", other), ("config", "show", "--format", "json")
    ran = cli(*named, *command) if before else cli(*command, *named)
    rows = {row["key"]: row for row in ran.json["tables"]["settings"]}
    assert (rows["benchmark"]["value"], rows["benchmark"]["file"]) == ("IWM", str(other))
    assert rows["events"]["value"] == "other/e"


def test_the_variable_names_a_file_and_the_flag_another(
    cli: Command, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.toml"
    other.write_text('[study]\nbenchmark = "IWM"\n')
    monkeypatch.setenv("BACKTEST_CONFIG", str(other))
    assert told(cli) == ("IWM", "file")
    assert told(cli, "--config", file) == ("QQQ", "file")
    assert told(cli, "--config", "/dev/null") == ("SPY", "default")


def test_secrets_are_masked_and_pointed_at(cli: Command, file: Path) -> None:
    secret = "hunter2/x"
    file.write_text(
        f'[study]\nprices = "https://me:{secret}@host/p.parquet"\nshared = "s3://K:{secret}@b/x"\n'
        f'[prices]\nfrench-url = "https://host/?token={secret}"\n'
    )
    for form in ("table", "json"):
        ran = cli("config", "show", "--format", form)
        assert ran.code == 0
        assert "hunter2" not in ran.out + ran.err
        assert "https://***@host/p.parquet" in ran.out
        assert "s3://***@b/x" in ran.out
        assert "backtest.toml:3:10: study.shared: this address holds a password" in ran.err


def test_a_variable_that_nothing_reads_is_pointed_at(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKTEST_BENCHMRK", "QQQ")
    monkeypatch.setenv("BACKTEST_SQLITE", "prices.db")  # of a plug-in
    notes = cli("config", "show").err
    assert "BACKTEST_BENCHMRK is no setting (did you mean `BACKTEST_BENCHMARK`?)" in notes
    assert "BACKTEST_SQLITE" not in notes


def test_an_empty_flag_takes_a_setting_back(cli: Command, file: Path) -> None:
    file.write_text('[study]\nsectors = "s.csv"\ncars = ["0:0"]\nno-cache = true\n')
    options = ("--sectors", "", "--cars", "", "--use-cache")
    rows = shown(cli, *options)
    assert [rows[key]["value"] for key in ("sectors", "cars", "no-cache")] == [None, None, False]
    assert {rows[key]["source"] for key in ("sectors", "cars", "no-cache")} == {"flag"}


@pytest.mark.parametrize("key", ["model", "tests", "engine", "returns", "min-obs", "benchmark"])
def test_a_wrong_value_is_told_with_its_place(cli: Command, file: Path, key: str) -> None:
    """Also where only the study knows that it is wrong."""
    values = {"min-obs": "900", "returns": '"log"'}
    more = 'measure = "volume"\n' if key == "returns" else ""
    value = values.get(key, '"nope"')
    file.write_text(f"[study]\n{more}{key} = {value}\n")
    ran = cli("run", "--events", CALENDAR, "--prices", "snapshot")
    assert ran.code in (2, 3)
    line = 3 if more else 2
    assert ran.err.startswith(f"error: backtest.toml:{line}:{len(key) + 4}: "), ran.err


def test_a_wrong_variable_is_told_by_its_name(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKTEST_MODEL", "nope")
    assert "BACKTEST_MODEL: unknown model `nope`" in cli("run").refused(2)
    monkeypatch.setenv("BACKTEST_MIN_OBS", "many")
    assert "'--min-obs' (BACKTEST_MIN_OBS)" in cli("run").refused(2)


def test_settings_load_no_tables(file: Path) -> None:
    """A list of announcements stays quick where there is a settings file, whatever it names."""
    file.write_text(f'[study]\nevents = "{CALENDAR}"\nprices = "mine"\nestimation = "-99:-11"\n')
    program = (
        "import sys\n"
        "from backtest.cli._app import invoke\n"
        "assert invoke(['events', 'list']) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stderr.splitlines()[-1] == "[]"
    assert ran.stdout


def test_lists_and_help_read_no_settings(cli: Command, file: Path) -> None:
    file.write_text("no settings at all")
    for command in (["models"], ["tests"], ["run", "--help"], ["events", "schema"]):
        assert cli(*command).code == 0
    assert "backtest.toml:1:4: not TOML" in cli("cache", "status").refused(2)


def test_the_cache_is_where_the_file_says(
    cli: Command, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    file.write_text('[cache]\nfolder = "kept"\n')
    monkeypatch.chdir(tmp_path / "below")
    assert cli("cache", "status").out.splitlines()[0] == str(tmp_path / "cache")  # the variable
    monkeypatch.delenv("BACKTEST_CACHE")
    assert cli("cache", "status").out.splitlines()[0] == str(tmp_path / "kept")
    assert cli("cache", "status", "--cache", "c").out.splitlines()[0] == str(
        tmp_path / "below" / "c"
    )


def test_the_calendar_is_where_the_file_says(
    cli: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking at it makes no cache, wherever the cache would be."""
    monkeypatch.delenv("BACKTEST_CACHE")
    file.write_text(f'[study]\nevents = "{CALENDAR}"\n[cache]\nfolder = "kept"\n')
    ran = cli("events", "list", "--format", "json", "--ticker", "ORCL")
    assert ran.json["provenance"] == {"events": str(CALENDAR)}
    assert not Path("kept").exists()


def test_a_new_announcement_goes_where_the_file_says(
    cli: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('[study]\nevents = "mine"\n')
    new = (
        "--title",
        "A title",
        "--announced",
        "2026-02-24",
        "--session",
        "pre",
        "--party",
        "AMD:issuer",
    )
    ran = cli("events", "add", *new)
    assert ran.out == "mine/2026-02-24-amd.yaml\n"
    assert "backtest events show 2026-02-24-amd`" in ran.err
    assert cli("events", "show", "2026-02-24-amd").code == 0


def test_the_windows_of_a_regression_come_before_the_files(cli: Command, file: Path) -> None:
    pytest.importorskip("statsmodels", reason="statsmodels is not installed")
    file.write_text(f'[study]\ncars = ["0:0"]\nprices = "snapshot"\nevents = "{CALENDAR}"\n')
    ran = cli("regress", "--on", "role:issuer", "--measure-window", "-1:1")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("CAR −1:1")


def test_a_password_reaches_no_message(cli: Command, file: Path, tmp_path: Path) -> None:
    file.write_text(
        f'[study]\nevents = "{CALENDAR}"\nprices = "http://me:hunter2@127.0.0.1:9/p.parquet"\n'
    )
    ran = cli("reprocess", "tag:chips")
    assert ran.code == 2
    assert "http://127.0.0.1:9/p.parquet: a user or password does not belong" in ran.err
    assert "hunter2" not in ran.out + ran.err
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"hunter2" in path.read_bytes()]


def test_a_study_says_which_file_it_followed(cli: Command, file: Path) -> None:
    file.write_text(f'[study]\nprices = "snapshot"\nevents = "{CALENDAR}"\n')
    ran = cli("claims", "2025-10-06-amd-openai-6gw-warrant")
    assert "settings from backtest.toml" in ran.err.splitlines()
    ran = cli("claims", "2025-10-06-amd-openai-6gw-warrant", "--config", "/dev/null")
    assert "settings from" not in ran.err


def test_whatever_a_provider_says_of_its_place_is_masked(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the document, and in what is kept of the run."""
    snapshot = "backtest.prices.providers.snapshot.Snapshot.describe"
    monkeypatch.setattr(snapshot, lambda self: "https://me:hunter2@host/p.parquet")
    study = ("2025-10-06-amd-openai-6gw-warrant", "--events", CALENDAR, "--prices", "snapshot")
    ran = cli("run", *study, "--format", "json")
    assert ran.json["provenance"]["prices"].startswith("https://***@host/p.parquet; close: ")
    assert cli("reprocess", *study, "--name", "kept").code == 0
    record = (tmp_path / "cache" / "runs" / "kept.json").read_text(encoding="utf-8")
    assert "https://***@host/p.parquet" in record
    files = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not [path for path in files if b"hunter2" in path.read_bytes()]
