"""Input that is wrong or merely awkward: one clear message each, the exit code that belongs to it.

A file or option that cannot be meant ends the run with 2, data that are not there with 3; what
concerns some events only leaves these out with a reason and the others as they are.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import made_events, made_prices, one_event, save, sessions
from support.cli import CALENDAR, Command, Ran

from backtest.engine import estimate
from backtest.results.cache import ResultsCache

DAYS = sessions()
TICKERS = ("AAA", "BBB")
EVENTS = made_events(6, TICKERS).with_columns(pl.col("date").cast(pl.String))
PRICES = made_prices(TICKERS)
MIDDLE = DAYS[330]
"""A day with whole windows around it."""

Study = Callable[..., Ran]


@pytest.fixture(params=["csv", "parquet"])
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def study(cli: Command, tmp_path: Path) -> Study:
    """Run `backtest run --format json` on tables; those not given are sound."""

    def run(
        *options: object,
        events: pl.DataFrame | Path = EVENTS,
        prices: pl.DataFrame | Path = PRICES,
        suffix: str = "csv",
    ) -> Ran:
        paths = [
            one if isinstance(one, Path) else save(one, tmp_path / f"{name}.{suffix}")
            for name, one in (("events", events), ("prices", prices))
        ]
        ran = cli(
            *("run", "--events", paths[0], "--prices", paths[1], "--format", "json", *options)
        )
        assert "Traceback" not in ran.err
        assert "internal error" not in ran.err
        return ran

    return run


def reasons(ran: Ran) -> dict[tuple[str, str], str]:
    """Return why events were left out of a run, apart from share counts that tables never have."""
    return {
        (row["event_id"], row["ticker"]): row["reason"]
        for row in ran.json["tables"]["excluded"]
        if row["stage"] != "valuation"
    }


def studied(ran: Ran) -> list[str]:
    return [row["event_id"] for row in ran.json["tables"]["fits"] if row["status"] == "ok"]


def with_one(extra: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([EVENTS, extra], how="diagonal")


# Events


def test_an_unknown_ticker_is_left_out(study: Study, suffix: str) -> None:
    ran = study(events=with_one(one_event("AAB", MIDDLE)), suffix=suffix)
    assert ran.code == 0
    assert len(studied(ran)) == 6
    assert reasons(ran) == {("one", "AAB"): f"not in prices.{suffix} (did you mean `AAA`?)"}


def test_nothing_but_an_unknown_ticker(study: Study) -> None:
    ran = study(events=one_event("ZZZ", MIDDLE))
    assert ran.refused(3) == (
        "error: nothing could be studied: one ZZZ: not in prices.csv; "
        "the table `excluded` has every reason"
    )
    assert reasons(ran) == {("one", "ZZZ"): "not in prices.csv"}


def test_an_event_on_a_sunday_reacts_on_monday(study: Study, suffix: str) -> None:
    ran = study(events=one_event("AAA", "2026-01-11"), suffix=suffix)
    assert ran.code == 0
    assert [row["day0"] for row in ran.json["tables"]["fits"]] == ["2026-01-12"]
    assert "moved to the next one: 1 event" in ran.err


def test_an_event_on_a_holiday_reacts_on_the_next_session(study: Study) -> None:
    ran = study(events=one_event("AAA", "2025-12-25"))
    assert [row["day0"] for row in ran.json["tables"]["fits"]] == ["2025-12-26"]


def test_a_future_event_is_not_yet_traded(study: Study, suffix: str) -> None:
    ran = study(events=with_one(one_event("AAA", "2027-05-11")), suffix=suffix)
    assert ran.code == 0
    assert reasons(ran) == {
        ("one", "AAA"): "not yet traded: prices end 2026-05-29, the event reacts 2027-05-11"
    }
    assert study(events=one_event("AAA", "2027-05-11")).refused(3).startswith("error: nothing")


@pytest.mark.parametrize(("day", "why"), [("2093-05-11", "after "), ("1899-05-11", "before ")])
def test_a_date_beyond_the_calendar_is_left_out(study: Study, day: str, why: str) -> None:
    ran = study(events=with_one(one_event("AAA", day)))
    assert ran.code == 0
    assert len(studied(ran)) == 6
    assert why in reasons(ran)["one", "AAA"]


@pytest.mark.parametrize("day", ["2093-05-11", "1899-05-11"])
def test_nothing_but_a_date_beyond_the_calendar(study: Study, day: str) -> None:
    assert "nothing could be studied" in study(events=one_event("AAA", day)).refused(3)


def test_too_short_a_history(study: Study, suffix: str) -> None:
    ran = study(events=with_one(one_event("AAA", DAYS[60])), suffix=suffix)
    assert ran.code == 0
    # The 60 sessions before the event have 59 returns, the last ten of them too near.
    assert reasons(ran) == {
        ("one", "AAA"): "49 valid days in the estimation window -260:-11 need 100"
    }
    line = study(events=one_event("AAA", DAYS[60])).refused(3)
    assert "49 valid days in the estimation window -260:-11 need 100" in line


def test_a_late_listing(study: Study) -> None:
    listed = (pl.col("ticker") != "AAA") | (pl.col("date") >= DAYS[250])
    ran = study(
        events=pl.concat(
            [one_event("AAA", DAYS[300], "early"), one_event("AAA", DAYS[380], "late")]
        ),
        prices=PRICES.filter(listed),
    )
    assert studied(ran) == ["late"]
    assert reasons(ran)["early", "AAA"].startswith("39 valid days")
    before = study(events=with_one(one_event("AAA", DAYS[200])), prices=PRICES.filter(listed))
    assert reasons(before)["one", "AAA"] == (
        f"prices start {DAYS[250]}, the event reacts {DAYS[200]}"
    )


def test_an_empty_table_of_events(study: Study, suffix: str) -> None:
    assert study(events=EVENTS.clear(), suffix=suffix).refused(2).endswith("holds no events")


def test_files_that_are_no_tables(study: Study, tmp_path: Path) -> None:
    blank = tmp_path / "blank.csv"
    blank.touch()
    assert "blank.csv" in study(events=blank).refused(2)
    assert "blank.csv: the file is empty" in study(prices=blank).refused(2)
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(b"PAR1 but no more")
    assert "torn.parquet" in study(events=torn).refused(2)
    assert "torn.parquet" in study(prices=torn).refused(2)
    assert "nowhere.csv" in study(events=tmp_path / "nowhere.csv").refused(2)
    assert "nowhere.csv" in study(prices=tmp_path / "nowhere.csv").refused(2)
    assert "nowhere" in study(events=tmp_path / "nowhere").refused(2)


def test_events_without_a_ticker_column(study: Study, suffix: str) -> None:
    line = study(events=EVENTS.drop("ticker"), suffix=suffix).refused(2)
    assert "no column `ticker`" in line


def test_a_selection_is_for_a_calendar(study: Study) -> None:
    assert "filter the table itself" in study("tag:chips").refused(2)


# Prices


def changed(ticker: str, day: dt.date, price: float) -> pl.DataFrame:
    one = (pl.col("ticker") == ticker) & (pl.col("date") == day)
    return PRICES.with_columns(close=pl.when(one).then(price).otherwise("close"))


@pytest.mark.parametrize("price", [float("nan"), float("inf"), 0.0, -5.0])
def test_an_impossible_price_counts_as_missing(study: Study, suffix: str, price: float) -> None:
    events = one_event("AAA", DAYS[330])
    ran = study(events=events, prices=changed("AAA", DAYS[332], price), suffix=suffix)
    assert ran.code == 0
    assert f"AAA {DAYS[332]} close" in ran.err
    empty = [row["day"] for row in ran.json["tables"]["abnormal_returns"] if row["return"] is None]
    assert empty == [2, 3]
    cars = {row["start"]: row["car"] for row in ran.json["tables"]["cars"] if row["end"] == 10}
    assert cars == {-10: None, 0: None}


def test_a_benchmark_without_any_usable_price(study: Study) -> None:
    prices = PRICES.with_columns(
        close=pl.when(pl.col("ticker") == "SPY").then(float("nan")).otherwise("close")
    )
    assert "the benchmark SPY has no prices: no usable close" in study(prices=prices).refused(3)


def test_repeated_rows_are_dropped(study: Study, suffix: str) -> None:
    ran = study(prices=pl.concat([PRICES, PRICES.slice(300, 5)]), suffix=suffix)
    assert ran.code == 0
    assert len(studied(ran)) == 6
    assert "5 rows repeat others and were dropped" in ran.err


def test_contradicting_rows_are_refused(study: Study, suffix: str) -> None:
    twice = PRICES.filter(pl.col("date") == DAYS[300]).with_columns(pl.col("close") * 2)
    line = study(prices=pl.concat([PRICES, twice]), suffix=suffix).refused(2)
    assert f"{DAYS[300]} is there more than once with different values" in line
    assert "keep one row for each ticker and date" in line


def test_the_order_of_price_rows_does_not_matter(study: Study, suffix: str) -> None:
    straight = study(suffix=suffix).json["tables"]
    mixed = study(prices=PRICES.sample(fraction=1, shuffle=True, seed=3), suffix=suffix)
    assert mixed.json["tables"] == straight


@pytest.mark.parametrize("column", ["close", "ticker", "date"])
def test_a_price_table_without_a_column(study: Study, suffix: str, column: str) -> None:
    line = study(prices=PRICES.drop(column), suffix=suffix).refused(2)
    assert f"there is no column `{column}`; the columns are: " in line


def test_words_for_prices(study: Study, tmp_path: Path) -> None:
    path = save(PRICES.with_columns(pl.col("close").cast(pl.String)), tmp_path / "p.csv")
    lines = path.read_text().splitlines()
    lines[304] = lines[304].rsplit(",", 1)[0] + ",twelve"
    path.write_text("\n".join(lines))
    assert "p.csv:305: close: `twelve` is not a number" in study(prices=path).refused(2)


def test_a_benchmark_that_misses_some_days_says_so(study: Study) -> None:
    gaps = (pl.col("ticker") == "SPY") & pl.col("date").is_in([DAYS[200], DAYS[322]])
    ran = study(events=one_event("AAA", DAYS[330]), prices=PRICES.filter(~gaps))
    assert f"the benchmark SPY has no price on 2 sessions of XNYS (first: {DAYS[200]})" in ran.err


def test_a_benchmark_that_misses_some_days_leaves_them_out(study: Study) -> None:
    gaps = (pl.col("ticker") == "SPY") & pl.col("date").is_in([DAYS[200], DAYS[322]])
    ran = study(events=one_event("AAA", DAYS[330]), prices=PRICES.filter(~gaps))
    assert ran.code == 0
    (fit,) = ran.json["tables"]["fits"]
    assert fit["n_obs"] == 248
    rows = ran.json["tables"]["abnormal_returns"]
    assert [row["day"] for row in rows if row["abnormal"] is None] == [-8, -7]
    assert all(row["return"] is not None for row in rows)


def test_a_benchmark_that_is_not_there(study: Study) -> None:
    line = study(prices=PRICES.filter(pl.col("ticker") != "SPY")).refused(3)
    assert line == (
        "error: benchmark: the benchmark SPY has no prices: not in prices.csv "
        "(name one the price source has with --benchmark)"
    )


@pytest.mark.parametrize("prices", [PRICES.clear()])
def test_an_empty_table_of_prices(study: Study, suffix: str, prices: pl.DataFrame) -> None:
    assert "the benchmark SPY has no prices" in study(prices=prices, suffix=suffix).refused(3)


@pytest.mark.parametrize(
    ("ticker", "why"), [("AAA", "no variance in the estimation"), ("SPY", "constant or collinear")]
)
def test_a_constant_price(study: Study, ticker: str, why: str) -> None:
    prices = PRICES.with_columns(
        close=pl.when(pl.col("ticker") == ticker).then(10.0).otherwise("close")
    )
    ran = study(prices=prices)
    assert ran.code == (0 if ticker == "AAA" else 3)
    out = {"AAA": 3, "SPY": 6}[ticker]
    assert len(reasons(ran)) == out
    assert all(why in reason for reason in reasons(ran).values())
    assert len(studied(ran)) == 6 - out


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


# Several exchanges; the prices of 9999.T are made up


def tokyo_prices() -> pl.DataFrame:
    """Return made-up prices of a Tokyo listing on Tokyo's sessions, and New York's on its own."""
    from backtest.events.exchanges import exchange_of
    from backtest.events.sessions import clock

    dates = clock(exchange_of("9999.T")).dates
    inside = dates[(dates >= PRICES["date"].min()) & (dates <= PRICES["date"].max())]
    days = inside.astype(object).tolist()
    tokyo = made_prices(["9999.T"], days).filter(ticker="9999.T")
    return pl.concat([PRICES, tokyo])


def test_two_exchanges_in_one_study(study: Study) -> None:
    events = pl.concat(
        [one_event("AAA", "2026-03-04", "us"), one_event("9999.T", "2026-03-04", "tokyo")]
    )
    ran = study(events=events, prices=tokyo_prices())
    assert ran.code == 0
    assert studied(ran) == ["us", "tokyo"]
    assert {row["currency"] for row in ran.json["tables"]["market_caps"]} <= {"USD", "JPY"}


def test_each_exchange_keeps_its_own_sessions(study: Study) -> None:
    # Tokyo did not trade on 2026-02-11 and 02-23, New York not on 02-16: the windows differ.
    events = pl.concat(
        [one_event("AAA", "2026-02-18", "us"), one_event("9999.T", "2026-02-18", "tokyo")]
    )
    ran = study(events=events, prices=tokyo_prices())
    dates = {
        event: {
            row["date"]
            for row in ran.json["tables"]["abnormal_returns"]
            if row["event_id"] == event
        }
        for event in ("us", "tokyo")
    }
    assert "2026-02-11" in dates["us"]
    assert "2026-02-11" not in dates["tokyo"]
    assert "2026-02-16" in dates["tokyo"]
    assert "2026-02-16" not in dates["us"]
    assert "do not follow the sessions" not in ran.err


# Folders and interruptions


def test_a_folder_that_cannot_be_written(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "cars.parquet").write_bytes(b"of before")

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pl.DataFrame, "write_parquet", refuse)
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


def test_ctrl_c_keeps_what_was_saved(
    study: Study, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = study()
    kept = ResultsCache(cache / "results")
    entries = kept.entries()
    real = estimate.estimate_block
    calls = []

    def interrupted(job: Any) -> Any:
        calls.append(job)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(job)

    monkeypatch.setattr(estimate, "estimate_block", interrupted)
    monkeypatch.setattr(estimate, "BLOCK", 2)
    ran = study("--model", "mean")
    assert len(calls) >= 2
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip() == "interrupted; everything finished before is kept"
    assert kept.entries() == entries
    assert kept.verify() == []
    monkeypatch.undo()
    assert study().json["tables"] == before.json["tables"]


def test_a_real_interrupt(tmp_path: Path, cache: Path) -> None:
    """A second process, stopped by SIGINT while it computes."""
    program = tmp_path / "slow.py"
    program.write_text(
        "import sys, time\n"
        "from backtest.engine import estimate\n"
        "real = estimate.estimate_block\n"
        "def slow(job):\n"
        "    print('computing', file=sys.stderr, flush=True)\n"
        "    time.sleep(30)\n"
        "    return real(job)\n"
        "estimate.estimate_block = slow\n"
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
