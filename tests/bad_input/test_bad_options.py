"""Options that cannot be meant, folders that cannot be written, and runs that are interrupted."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bad_input import DAYS, EVENTS, PRICES, Study
from support.bulk import one_event, save
from support.cli import CALENDAR, Command

from backtest.engine import estimate
from backtest.results.cache import ResultsCache

# Windows and options


def test_an_event_window_longer_than_the_data(study: Study) -> None:
    ran = study("--window", "-10:600", "--cars", "0:0,0:600", events=one_event("AAA", DAYS[400]))
    assert ran.code == 0
    rows = ran.json["tables"]["abnormal_returns"]
    there = [row["day"] for row in rows if row["return"] is not None]
    assert there == list(range(-10, 48))
    cars = {row["end"]: row["car"] for row in ran.json["tables"]["cars"]}
    assert cars[0] is not None
    assert cars[600] is None


def test_an_event_window_longer_than_the_data_says_so(study: Study) -> None:
    ran = study("--window", "-10:600", "--cars", "0:0,0:600", events=one_event("AAA", DAYS[400]))
    assert "1 of 2 CARs are empty" in ran.err


def test_a_window_of_a_million_years(study: Study) -> None:
    line = study("--window", "-10:300000000", "--cars", "0:0").refused(2)
    assert "reaches more than 10,000 sessions from the event day" in line


def test_an_estimation_window_without_data(study: Study) -> None:
    ran = study("--window", "-600:10", "--estimation", "-900:-601")
    assert "0 valid days in the estimation window -900:-601 need 100" in ran.refused(3)


BAD_OPTIONS = {
    "overlap": (["--estimation", "-260:-5"], "reaches into the event window -10:10"),
    "min-obs": (["--min-obs", "251"], "exceeds the 250 sessions of the estimation window"),
    "negative min-obs": (["--min-obs", "-1"], "at least 3"),
    "car": (["--cars", "0:40"], "is not inside the event window -10:10"),
    "window": (["--window", "ten"], "`ten` is not a window"),
    "backwards": (["--window", "5:-5"], "ends before it starts"),
    "model": (["--model", "markte"], "unknown model `markte`"),
    "no model": (["--model", ","], "name at least one model"),
    "model twice": (["--model", "mean,mean"], "named twice"),
    "test": (["--tests", "bpm"], "unknown test `bpm`"),
    "no factors": (["--model", "factors"], "nothing to regress on (name columns"),
    "factors unused": (["--factors", "SMH"], "add it: --model market,factors"),
    "factor": (["--model", "factors", "--factors", "rf+smbb"], "no factor `smbb`"),
    "factor data": (["--model", "ff3", "--factor-data", "f.csv"], "there is no such file"),
    "logs": (["--model", "ff3", "--returns", "log"], "have no logarithm"),
    "engine": (["--engine", "lokal"], "unknown engine `lokal`"),
    "grouping": (["--group-by", "gruop"], "nothing is known by `gruop`"),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_an_option_that_cannot_be_meant(study: Study, name: str) -> None:
    options, message = BAD_OPTIONS[name]
    assert message in study(*options).refused(2)


def test_hints_name_what_was_meant(study: Study) -> None:
    for options, meant in (
        (["--model", "markte"], "market"),
        (["--tests", "bpm"], "bmp"),
        (["--engine", "lokal"], "local"),
        (["--model", "factors", "--factors", "smbb"], "smb"),
        (["--group-by", "gruop"], "group"),
    ):
        assert f"did you mean `{meant}`?" in study(*options).refused(2)


def test_every_wrong_option_is_told_at_once(study: Study) -> None:
    ran = study("--estimation", "x", "--window", "5:-5", "--cars", "0:0,1;2")
    assert ran.code == 2
    assert len([line for line in ran.err.splitlines() if line.startswith("error: ")]) == 3
    ran = study("--model", "foo,bar", "--tests", "baz", "--engine", "qux")
    assert [line.split("`")[1] for line in ran.err.splitlines()] == ["foo", "bar", "baz", "qux"]
    ran = study("--estimation", "-260:-5", "--cars", "0:40", "--min-obs", "1")
    assert len(ran.err.splitlines()) == 3


@pytest.mark.parametrize(
    ("option", "value"), [("--returns", "cubic"), ("--missing", "often"), ("--jobs", "0")]
)
def test_choices_are_named(study: Study, option: str, value: str) -> None:
    assert option in study(option, value).refused(2)


def test_an_unknown_format(cli: Command) -> None:
    line = cli("run", "--format", "jsn").refused(2)
    assert line == (
        "error: unknown format `jsn`; there are: csv, json, parquet, table (did you mean `json`?)"
    )


def test_the_same_car_twice_is_one(study: Study) -> None:
    ran = study("--cars", "0:0,0:0,-1:1")
    assert len(ran.json["tables"]["cars"]) == 12


def test_the_same_grouping_twice_is_one(study: Study) -> None:
    ran = study("--group-by", "group,group")
    found = {row["group"]: row["n"] for row in ran.json["tables"]["sample_tests"]}
    assert found == {"all": 6, "group:even": 3, "group:odd": 3}


# Folders and interruptions


def test_a_folder_that_cannot_be_written(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "cars.parquet").write_bytes(b"of before")

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", refuse)
    ran = cli(
        *("run", "ticker:AMD", "--events", CALENDAR, "--prices", "snapshot", "--out", out),
        "--no-cache",
    )
    line = ran.refused(2)
    assert "cannot write to" in line
    assert "No space left on device" in line
    # The report was printed before, and what was in the folder is untouched.
    assert "AMD" in ran.out
    assert [path.name for path in out.iterdir()] == ["cars.parquet"]
    assert (out / "cars.parquet").read_bytes() == b"of before"


def test_out_is_a_file(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    assert "--out" in cli("run", "--out", tmp_path / "out").refused(2)


def test_parquet_without_a_folder_is_refused_before_any_work(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backtest.api.run", lambda *a, **k: pytest.fail("computed in vain"))
    assert "--out DIR" in cli("run", "--format", "parquet").refused(2)


def test_ctrl_c_keeps_what_was_saved(study: Study, cache: Path) -> None:
    before = study()
    kept = ResultsCache(cache / "results")
    entries = kept.entries()
    real = estimate.fit_measure
    calls = []

    def interrupted(*block: Any) -> Any:
        calls.append(block)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*block)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimate, "fit_measure", interrupted)
        patch.setattr(estimate, "BLOCK", 2)
        ran = study("--model", "mean")
    assert len(calls) >= 2
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip() == "interrupted; everything finished before is kept"
    assert kept.entries() == entries
    assert kept.verify() == []
    assert study().json["tables"] == before.json["tables"]


def test_a_real_interrupt(tmp_path: Path, cache: Path) -> None:
    """A second process, stopped by SIGINT while it computes."""
    program = tmp_path / "slow.py"
    program.write_text(
        "import sys, time\n"
        "from backtest.engine import estimate\n"
        "real = estimate.fit_measure\n"
        "def slow(*block):\n"
        "    print('computing', file=sys.stderr, flush=True)\n"
        "    time.sleep(30)\n"
        "    return real(*block)\n"
        "estimate.fit_measure = slow\n"
        "from backtest.__main__ import main\n"
        "sys.exit(main())\n"
    )
    events = save(EVENTS, tmp_path / "events.csv")
    prices = save(PRICES, tmp_path / "prices.csv")
    process = subprocess.Popen(
        [sys.executable, program, "run", "--events", events, "--prices", prices, "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "BACKTEST_CACHE": str(cache)},
    )
    assert process.stderr
    assert process.stderr.readline() == "computing\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "interrupted; everything finished before is kept"
    assert ResultsCache(cache / "results").verify() == []
    assert not list((cache / "results").rglob(".writing-*"))


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, cache: Path) -> None:
    """As in `backtest run | head -1`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backtest", "run", "--events", CALENDAR, "--prices", "snapshot"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "BACKTEST_CACHE": str(cache)},
    )
    assert process.stdout
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"Traceback" not in err
