"""`backtest trade`: placebos, sweeps and the page; what they print, write and refuse."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from support.cli import CALENDAR, Command

FADE = ("trade", "fade-one-day-pops", "--events", CALENDAR, "--prices", "snapshot")
SWEEP = (*FADE, "--sweep", "--placebo", "49")


def test_the_book_is_told_with_errors_trials_and_chance(cli: Command, tmp_path: Path) -> None:
    ran = cli(*FADE, "--placebo", "200", "--cache", tmp_path)
    assert ran.code == 0, ran.err
    told = " ".join(ran.out.split())
    assert "a year ± standard error, autocorrelation to lag 4 included" in told
    assert "this cache knows of no other strategy tried on these events" in told
    assert "the same trades on random dates of the same securities, 200 times" in told
    assert "p = 0.0" in told
    assert "gap before the entry: 280.66 → open 295.63" in told  # sold short after it
    assert "gap not to be had" not in told
    again = " ".join(cli(*FADE, "--placebo", "0", "--cache", tmp_path).out.split())
    assert "no other strategy tried on these events" in again
    assert "random dates" not in again
    cli(*SWEEP, "--cache", tmp_path)  # the strategy itself is one of the 30
    after = " ".join(cli(*FADE, "--placebo", "0", "--cache", tmp_path).out.split())
    assert "that the best of 30 strategies tried on these events has by luck" in after
    part = cli(*FADE, "--placebo", "0", "--cache", tmp_path, "--select", "tag:primary")
    told = " ".join(part.out.split())
    assert "best of 31 strategies tried on selections of this calendar (1 on this one)" in told
    unknown = " ".join(cli(*FADE, "--placebo", "0", "--cache", tmp_path, "--no-cache").out.split())
    assert "how many were tried before is not known" in unknown
    assert "no other strategy" not in unknown


def test_without_a_cache_nothing_is_counted_on_disk(cli: Command, tmp_path: Path) -> None:
    cli(*FADE, "--cache", tmp_path, "--placebo", "0")
    told = cli(*FADE, "--cache", tmp_path, "--no-cache", "--placebo", "0", "--format", "json").json
    assert told["strategies"][0]["tried"] == {
        **dict.fromkeys(("here", "calendar", "everywhere"), 1),
        "kept": False,
    }


def test_json_holds_measures_and_draws(cli: Command) -> None:
    told = cli(*FADE, "--placebo", "9", "--seed", "5", "--format", "json").json
    measures = {one["measure"]: one for one in told["tables"]["performance"]}
    assert measures["sharpe"]["std_error"] > 0
    assert 0 < measures["deflated_sharpe"]["value"] <= measures["probabilistic_sharpe"]["value"] < 1
    draws = [one["net"] for one in told["tables"]["placebo"]]
    assert len(draws) == 9
    observed = sum(one["net"] for one in told["tables"]["trades"])
    p = (1 + sum(draw >= observed for draw in draws)) / 10
    assert measures["placebo_p"]["value"] == pytest.approx(p)


@pytest.mark.parametrize("width", ["60", "80", "160"])
def test_a_sweep_fits_the_terminal_and_shows_all(
    cli: Command, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    ran = cli("trade", *FADE[2:], "--sweep", "--placebo", "29")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= int(width)
    maps = [line for line in lines if line.strip().startswith(("no hedge", "hedge "))]
    assert len(maps) == 4 * 3
    assert sum(line.startswith("  so  ") for line in lines) == 4
    figures = [word for line in lines for word in line.split() if word.endswith(("%", "%*"))]
    assert len(figures) > 180


def test_a_sweep_as_csv_json_and_files(cli: Command, tmp_path: Path) -> None:
    narrow = (*SWEEP, "--exits", "1,5", "--hedges", "none", "--parts", "2")
    rows = list(csv.DictReader(io.StringIO(cli(*narrow, "--format", "csv").out)))
    assert [(one["entry"], one["exit"]) for one in rows] == [
        *(("next_open", "1"), ("next_open", "5"), ("close+1", "1"), ("close+1", "5"))
    ]
    told = cli(*narrow, "--format", "json", "--out", tmp_path).json
    assert [one["mean"] for one in told["tables"]["sweep"]] == [float(one["mean"]) for one in rows]
    assert told["strategies"][0]["variants"] == 4
    assert pl.read_parquet(tmp_path / "sweep.parquet")["mean"].to_list() == [
        float(one["mean"]) for one in rows
    ]
    assert pl.read_parquet(tmp_path / "walk_forward.parquet").height == 2


def test_conditions_of_a_sweep(cli: Command) -> None:
    told = cli(
        *(*SWEEP, "--exits", "5", "--entries", "next_open", "--hedges", "none"),
        *("--where", "ar > 0.05", "--where", "ar > 0.1", "--format", "json"),
    ).json["tables"]["sweep"]
    assert [one["where"] for one in told] == ["ar > 0.05", "ar > 0.1"]
    assert told[0]["trades"] > told[1]["trades"] > 0


def test_variants_without_a_ratio_are_counted_apart(cli: Command) -> None:
    narrow = (*FADE, "--sweep", "--placebo", "0", "--exits", "3,5", "--hedges", "none")
    ran = cli(*narrow, "--entries", "next_open", "--where", "ar > 0.05", "--where", "ar > 9")
    told = " ".join(ran.out.split())
    assert "fade-one-day-pops, 4 variants" in told
    assert "Sharpe ratios of a year of 2 of 4 variants (the others have none): " in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--exits", "5"), "add --sweep"),
        (("--report", "sheet.txt"), "report: sheet.txt: the page is HTML (name it sheet.html)"),
        (("--where", "ar > 0"), "add --sweep"),
        (("--sweep", "--exits", "soon"), "`soon` is no exit"),
        (("--sweep", "--entries", "opn"), "did you mean `open`?"),
        (("--sweep", "--hedges", "sector"), "names no funds"),
        (
            ("--sweep", "--entries", "auction"),
            "error: --entries: `auction` comes before the close of the reaction",
        ),
        (("--sweep", "--where", "arr > 0"), "error: --where: nothing is known by `arr`"),
        (("--placebo", "-1"), "--placebo"),
        (("--report", "/no/such/folder/x.html"), "--report report.html"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    cli: Command, options: tuple[str, ...], said: str
) -> None:
    ran = cli(*FADE, *options)
    assert said in ran.refused(2) or said in ran.err


def test_a_sweep_without_a_trade_says_so(cli: Command) -> None:
    ran = cli(*SWEEP, "--where", "role = 'nobody'")
    assert "no variant of any strategy has an order filled" in ran.refused(3)
    assert "none: no variant has 5 trades" in ran.out


def test_a_page_is_written(cli: Command, tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    ran = cli(*FADE, "--placebo", "20", "--report", path)
    assert f"wrote {path}" in ran.err
    assert path.read_text("utf-8").startswith("<!doctype html>")


def test_a_missing_library_is_told_before_anything_runs(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr("backtest.cli._trading.import_module", missing)
    ran = cli(*FADE, "--report", tmp_path / "sheet.html")
    assert "pip install 'backtest[report]'" in ran.refused(2)
    assert ran.out == ""
