"""`backtest run`: what goes where, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from support.cli import CALENDAR, Command, Ran

from backtest.inference import every_test

AMD = "2025-10-06-amd-openai-6gw-warrant"
SORA = "2026-03-24-sora-shutdown"
STUDY = ("run", "--events", CALENDAR, "--prices", "snapshot")


def notes(ran: Ran) -> list[str]:
    return ran.err.splitlines()


def test_the_report_goes_to_stdout_and_the_rest_to_stderr(cli: Command) -> None:
    ran = cli(*STUDY, AMD)
    assert ran.code == 0
    assert ran.out.startswith("Event study of ")
    assert "+23.71%" in ran.out
    assert "computed" not in ran.out
    assert notes(ran) == [
        "computed 6 observations",
        "no files were written; --out DIR writes all tables",
    ]


def test_json_is_the_only_thing_on_stdout(cli: Command) -> None:
    ran = cli(*STUDY, AMD, "--format", "json")
    decoder = json.JSONDecoder()
    _, end = decoder.raw_decode(ran.out)
    assert ran.out[end:] == "\n"
    assert notes(ran) == ["computed 6 observations"]


def test_json_and_files_together(cli: Command, tmp_path: Path) -> None:
    ran = cli(*STUDY, AMD, "--format", "json", "--out", tmp_path / "out")
    assert ran.json["tables"]["cars"]
    assert notes(ran)[-1] == f"wrote 10 files to {tmp_path / 'out'}"
    assert len(list((tmp_path / "out").iterdir())) == 10  # nine tables and the receipt


def test_parquet_goes_into_the_folder_alone(cli: Command, tmp_path: Path) -> None:
    ran = cli(*STUDY, AMD, "--format", "parquet", "--out", tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert len(pl.read_parquet(tmp_path / "cars.parquet")) == 36


def test_csv_is_the_cars(cli: Command, tmp_path: Path) -> None:
    plain = cli(*STUDY, AMD, "--format", "csv")
    assert len(plain.out.splitlines()) == 37
    both = cli(*STUDY, AMD, "--format", "csv", "--out", tmp_path)
    assert both.out == plain.out
    assert (tmp_path / "cars.csv").read_text() == plain.out
    assert notes(both)[-1] == f"wrote 19 files to {tmp_path}"


@pytest.mark.parametrize(
    "words",
    [[AMD], ["2025-10-*"], [AMD, SORA], ["tag:placebo"], ["ticker:META"], ["role:beneficiary"]],
)
def test_selections(cli: Command, words: list[str]) -> None:
    from backtest.events.load import load_announcements
    from backtest.events.select import select

    chosen = [one.id for one in select(load_announcements(CALENDAR), words)]
    ran = cli(*STUDY, *words, "--format", "json")
    assert f"{len(chosen)} announcement" in ran.json["provenance"]["events"]
    told = {row["event_id"] for name in ("fits", "excluded") for row in ran.json["tables"][name]}
    assert told == set(chosen)


def test_a_selection_of_nothing(cli: Command) -> None:
    assert "no announcement has the tag `chps`" in cli(*STUDY, "tag:chps").refused(2)


def test_strict_exits_1_where_a_claim_is_contradicted(cli: Command) -> None:
    assert cli(*STUDY, AMD, "--strict").code == 1
    assert cli(*STUDY, AMD).code == 0
    assert cli(*STUDY, SORA, "--strict").code == 0


def test_no_cache_reads_and_keeps_nothing(cli: Command, cache: Path) -> None:
    for _ in range(2):
        ran = cli(*STUDY, AMD, "--no-cache")
        assert notes(ran)[0] == "computed 6 observations"
    assert not (cache / "results").exists()


def test_the_cache_folder_can_be_named(cli: Command, tmp_path: Path) -> None:
    for told in ("computed 6 observations", "nothing to compute: all 6 observations came"):
        ran = cli(*STUDY, AMD, "--cache", tmp_path / "named")
        assert notes(ran)[0].startswith(told)
    assert (tmp_path / "named" / "results").is_dir()


def test_part_of_a_study_comes_from_the_cache(cli: Command) -> None:
    cli(*STUDY, AMD)
    ran = cli(*STUDY, AMD, "2025-10-13-avgo-openai-10gw")
    assert notes(ran)[0] == "computed 4 observations, 6 taken from the cache"


def test_options_reach_the_study(cli: Command) -> None:
    ran = cli(
        *(*STUDY, AMD, "--format", "json", "--model", "mean,market", "--benchmark", "QQQ"),
        *("--estimation", "-120:-21", "--window", "-3:3", "--cars", "0:0, -3:3"),
        *("--returns", "log", "--missing", "lenient", "--min-obs", "80", "--tests", "all"),
        *("--group-by", "role,financing", "--jobs", "1", "--engine", "local"),
        *("--measure", "volatility"),
    )
    assert ran.json["spec"] == {
        "models": ["mean", "market"],
        "benchmark": "QQQ",
        "estimation": "-120:-21",
        "window": "-3:3",
        "cars": ["0:0", "-3:3"],
        "returns": "log",
        "missing": "lenient",
        "min_obs": 80,
        "tests": list(every_test()),
        "group_by": ["role", "financing"],
        "factors": [],
        "measure": "volatility",
    }
    groups = {row["group"] for row in ran.json["tables"]["sample_tests"]}
    assert {"all", "role:competitor", "financing:equity-warrant"} <= groups


def test_an_event_nobody_could_trade_yet(cli: Command) -> None:
    ran = cli(*STUDY, "2026-08-17-nvda-105b-guarantee")
    assert "not yet traded: prices end 2026-05-29" in ran.refused(3)
    assert "left out" in ran.out


def test_prices_at_an_address_that_does_not_answer(cli: Command) -> None:
    address = "http://127.0.0.1:9/prices.parquet"
    ran = cli("run", "--events", CALENDAR, AMD, "--prices", address)
    assert ran.refused(3).startswith(f"error: {address}: could not be fetched: ")
    assert len(ran.err.splitlines()) == 1
