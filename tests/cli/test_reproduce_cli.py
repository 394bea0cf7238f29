"""`backtest reproduce`: bit-identical, or the first difference, or the input that is another."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from support.bulk import made_events, made_prices, save, sessions
from support.cli import CALENDAR, Command
from support.lab import TICKERS

from backtest.prices.closes import Closes
from backtest.prices.importing import import_bars
from backtest.prices.provider import BARS, Bars
from backtest.prices.store import price_store

DAY = sessions()[300]


class Written:
    """A study written with its receipt."""

    def __init__(self, cli: Command, folder: Path, cache: Path) -> None:
        self.cli, self.folder, self.cache = cli, folder, cache
        self.out = folder / "out"
        self.events, self.prices = folder / "events.csv", folder / "prices.parquet"
        save(made_events(24, TICKERS), self.events)
        save(made_prices(TICKERS), self.prices)

    def run(self, *options: object, prices: object | None = None) -> None:
        source = ("--events", self.events, "--prices", prices or self.prices)
        assert (
            self.cli("run", *source, "--out", self.out, "--cache", self.cache, *options).code == 0
        )

    def again(self, code: int, *options: object) -> str:
        ran = self.cli("reproduce", self.out, "--cache", self.cache, *options)
        assert ran.code == code, ran.out + ran.err
        return ran.out

    def correct(self, ticker: str = "T1", by: float = 0.01) -> None:
        one = (pl.col("ticker") == ticker) & (pl.col("date") == DAY)
        prices = pl.read_parquet(self.prices)
        close = pl.when(one).then(pl.col("close") + by).otherwise("close")
        save(prices.with_columns(close=close), self.prices)


@pytest.fixture
def written(cli: Command, tmp_path: Path, cache: Path) -> Written:
    return Written(cli, tmp_path, cache)


IDENTICAL = "bit-identical: 9 tables, "


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--model", "market,ff3", "--group-by", "group", "--returns", "simple"),
        ("--model", "matched", "--tests", "bmp,permutation"),
        ("--returns", "log", "--missing", "lenient", "--window", "-5:5", "--cars", "-1:1"),
    ],
)
def test_unchanged_it_is_bit_identical(written: Written, options: Sequence[str]) -> None:
    written.run(*options)
    assert written.again(0).startswith(IDENTICAL)


def test_a_calendar_on_the_snapshot(cli: Command, tmp_path: Path, cache: Path) -> None:
    out = tmp_path / "out"
    study = ("--events", CALENDAR, "--prices", "snapshot", "--cache", cache)
    cli("run", "tag:chips", *study, "--group-by", "role", "--tests", "all", "--out", out)
    ran = cli("reproduce", out / "receipt.json", "--cache", cache)
    assert ran.out.startswith(IDENTICAL)
    assert ran.code == 0


def test_the_cache_is_neither_used_nor_filled(written: Written, cache: Path) -> None:
    written.run()
    results = sorted(str(path) for path in (cache / "results").rglob("*"))
    for path in (cache / "results").rglob("*.parquet"):
        path.write_bytes(b"")
    assert written.again(0).startswith(IDENTICAL)
    assert sorted(str(path) for path in (cache / "results").rglob("*")) == results


def test_a_corrected_price_is_named_and_so_is_the_first_difference(written: Written) -> None:
    written.run()
    before = pl.read_parquet(written.out / "abnormal_returns.parquet")
    written.correct()
    lines = written.again(1).splitlines()
    assert lines[0].startswith("input: prices of T1 are not what they were: ")
    assert len(lines) == 2
    assert lines[1].startswith("first difference: table abnormal_returns, event_id ")
    # What it names is the first row in which a study of the new prices differs.
    plain = json.loads(written.again(1, "--format", "json"))
    found = plain["difference"]
    fresh = written.folder / "fresh"
    study = ("--events", written.events, "--prices", written.prices, "--no-cache")
    written.cli("run", *study, "--out", fresh)
    after = pl.read_parquet(fresh / "abnormal_returns.parquet")
    at = next(n for n in range(len(before)) if not before[n].equals(after[n]))
    assert found["key"]["event_id"] == before["event_id"][at]
    assert found["key"]["day"] == str(before["day"][at])
    column = next(c for c in before.columns if before[c][at] != after[c][at])
    assert (found["column"], found["then"], found["now"]) == (
        column,
        repr(before[column][at]),
        repr(after[column][at]),
    )
    assert not plain["identical"]


def test_without_the_tables_beside_it_the_column_is_named(written: Written) -> None:
    written.run()
    for path in written.out.glob("*.parquet"):
        path.unlink()
    assert written.again(0).startswith(IDENTICAL)
    written.correct()
    last = written.again(1).splitlines()[-1]
    assert last.startswith("first difference: table abnormal_returns: column ")
    assert last.endswith(" differs")


def test_a_table_of_another_study_beside_it_is_not_taken_for_its_own(written: Written) -> None:
    written.run()
    table = written.out / "cars.parquet"
    pl.read_parquet(table).with_columns(car=pl.lit(1.0)).write_parquet(table)
    assert written.again(0).startswith(IDENTICAL)


def test_more_prices_since_are_no_difference(written: Written) -> None:
    """They are cut at the days that the study had."""
    everything = pl.read_parquet(written.prices)
    save(everything.filter(pl.col("date") <= sessions()[400]), written.prices)
    save(made_events(24, TICKERS), written.events)
    written.run("--missing", "lenient")
    save(everything, written.prices)
    assert written.again(0).startswith(IDENTICAL)


def test_changed_events_and_a_security_that_is_gone(written: Written) -> None:
    written.run()
    save(made_events(24, TICKERS).head(23), written.events)
    out = written.again(1)
    assert "input: events are not what they were: " in out
    assert "first difference: table abnormal_returns: rows was " in out
    prices = pl.read_parquet(written.prices)
    save(prices.filter(pl.col("ticker") != "T1"), written.prices)
    assert "input: prices of T1 are gone: not in prices.parquet" in written.again(1)


def inputs(lines: str) -> list[str]:
    """Which inputs are named, without what is said of them."""
    found = [line for line in lines.splitlines() if line.startswith("input: ")]
    return [line.removeprefix("input: ").split(" are ")[0] for line in found]


def test_events_on_other_days_blame_no_price(written: Written) -> None:
    """The windows moved with them; prices are compared where they were read then."""
    written.run()
    events, days = pl.read_csv(written.events, try_parse_dates=True), sessions()
    later = {day: days[at + 1] for at, day in enumerate(days[:-1])}
    save(events.with_columns(pl.col("date").replace_strict(later)), written.events)
    out = written.again(1)
    assert inputs(out) == ["events", "windows"]
    first = min(events["date"])
    spans = [days[days.index(day) - 261] for day in (first, later[first])]
    (line,) = (one for one in out.splitlines() if "windows" in one)
    then, now = line.split("sessions of XNYS from ")[1].split(" then, from ")
    assert [text.split(" to ")[0] for text in (then, now)] == [str(day) for day in spans]
    # One that was revised is named beside, and so is one on a day that is not read any more.
    written.correct()
    assert inputs(written.again(1)) == ["events", "windows", "prices of T1"]
    written.correct(by=-0.01)
    assert inputs(written.again(1))[:2] == ["events", "windows"]
    prices = pl.read_parquet(written.prices)
    edge = (pl.col("ticker") == "T2") & (pl.col("date") == spans[0])
    raised = pl.when(edge).then(pl.col("close") * 1.01).otherwise("close")
    save(prices.with_columns(close=raised), written.prices)
    assert "prices of T2" in inputs(written.again(1))


def test_another_specification_in_the_receipt_blames_no_price(written: Written) -> None:
    written.run()
    file = written.out / "receipt.json"
    plain = json.loads(file.read_text())
    plain["asked"]["spec"]["estimation"] = "-200:-11"
    file.write_text(json.dumps(plain))
    out = written.again(1)
    assert inputs(out) == ["windows"]
    assert "first difference: " in out


def test_a_security_that_is_not_asked_for_any_more_is_not_gone(written: Written) -> None:
    written.run()
    save(made_events(24, TICKERS).filter(pl.col("ticker") != "T1"), written.events)
    assert "prices of T1" not in inputs(written.again(1))


def test_an_input_that_is_gone_is_exit_3(written: Written) -> None:
    written.run()
    prices = written.prices.rename(written.folder / "moved.parquet")
    ran = written.cli("reproduce", written.out, "--cache", written.cache)
    assert f"prices: {written.prices} is gone (--prices says where it is now)" in ran.refused(3)
    assert written.again(0, "--prices", prices).startswith(IDENTICAL)
    events = written.events.rename(written.folder / "moved.csv")
    ran = written.cli("reproduce", written.out, "--prices", prices)
    assert "is gone (--events says" in ran.refused(3)
    assert written.again(0, "--prices", prices, "--events", events).startswith(IDENTICAL)


def test_paths_of_a_receipt_are_those_of_the_folder_it_was_run_in(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(written.folder)
    written.events = Path(written.events.name)
    written.run()
    assert written.again(0).startswith(IDENTICAL)
    (written.folder / "elsewhere").mkdir()
    monkeypatch.chdir(written.folder / "elsewhere")
    told = written.cli("reproduce", written.out, "--cache", written.cache).refused(3)
    assert " ".join(told.split()).endswith(
        "events: events.csv is gone (--events says where it is now; the receipt's paths are "
        "relative to the folder that the study was run in)"
    )


def test_a_folder_of_files_that_is_gone(written: Written) -> None:
    """It is opened when its prices are read, not before."""
    folder = written.folder / "each"
    folder.mkdir()
    for (ticker,), part in (
        pl.read_parquet(written.prices).partition_by("ticker", as_dict=True).items()
    ):
        save(part.drop("ticker"), folder / f"{ticker}.csv")
    written.run(prices=f"folder:{folder}")
    assert written.again(0).startswith(IDENTICAL)
    folder.rename(written.folder / "moved")
    ran = written.cli("reproduce", written.out, "--cache", written.cache)
    assert f"{folder} is gone" in ran.refused(3)


def test_the_price_store_after_it_has_grown_and_after_a_revision(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKTEST_YAHOO_URL", "http://127.0.0.1:9")
    everything = pl.read_parquet(written.prices)

    def keep(last: dt.date, by: float) -> None:
        one = (pl.col("ticker") == "T1") & (pl.col("date") == DAY)
        close = pl.when(one).then(pl.col("close") + by).otherwise("close")
        frame = everything.filter(pl.col("date") <= last).with_columns(close=close)
        bars = BARS.check(pl.concat([BARS.empty(), frame], how="diagonal_relaxed"))
        closes = dict.fromkeys((*TICKERS, "SPY"), Closes.SPLIT_ONLY)
        now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
        import_bars(price_store(written.cache), Bars(bars, closes=closes), now, replace=True)

    keep(sessions()[430], 0.0)
    written.run(prices="auto")
    keep(sessions()[447], 0.0)
    assert written.again(0).startswith(IDENTICAL)
    keep(sessions()[447], 0.01)
    assert written.again(1).startswith("input: prices of T1 are not what they were")


def test_what_cannot_be_reproduced(written: Written) -> None:
    written.run()
    file = written.out / "receipt.json"
    plain = json.loads(file.read_text())

    def refused(**changes: object) -> str:
        file.write_text(json.dumps({**plain, **changes}))
        return written.cli("reproduce", file, "--cache", written.cache).refused(2)

    assert "does not say what was asked" in refused(asked=None)
    assert "cannot be read" in refused(asked={**plain["asked"], "spec": {}})
    assert "cannot be read" in refused(asked={**plain["asked"], "now": "soon"})
    assert "cannot be read" in refused(tables={"cars": {}})
    assert "cannot be read" in refused(securities=[{}])
    assert "cannot be read" in refused(securities=7)
    hidden = {**plain["asked"], "prices": "s3://***@bucket/x.parquet"}
    assert "whose password the receipt does not have" in refused(asked=hidden)
    assert "no such receipt" in written.cli("reproduce", written.folder / "nowhere").refused(2)
