"""Figures that are not what they were: told once, with what they were and what they are."""

from __future__ import annotations

import datetime as dt
import io
import shutil
from pathlib import Path

import polars as pl
import pytest
from support.bulk import made_events, save, sessions
from support.cli import Command
from support.lab import TICKERS, Lab

import backtest as bt
from backtest.checksum import checksum
from backtest.prices.closes import Closes
from backtest.prices.importing import import_bars
from backtest.prices.provider import BARS, SHARES, Bars
from backtest.prices.store import price_store
from backtest.report._changes import show_changes
from backtest.results import shards
from backtest.results.cache import ResultsCache
from backtest.results.changes import change_notes
from backtest.results.event_tables import InFiles
from backtest.results.result import StudyResult
from backtest.results.shown import damaged, since_last

KEY = ["event_id", "ticker", "model", "alternative", "start", "end"]
NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
SHOWN = dict.fromkeys(("who", "made", "place"), pl.UInt64)


def correct(lab: Lab, ticker: str, day: dt.date, factor: float) -> None:
    one = (pl.col("ticker") == ticker) & (pl.col("date") == day)
    lab.prices = lab.prices.with_columns(
        close=pl.when(one).then(pl.col("close") * factor).otherwise("close")
    )


def listed(result: StudyResult) -> pl.DataFrame:
    assert result.changes is not None
    return result.changes


def differing(one: StudyResult, other: StudyResult) -> pl.DataFrame:
    """What a comparison of the two tables of CARs finds."""
    both = one.cars.select(*KEY, before="car").join(
        other.cars.select(*KEY, after="car"), on=KEY, how="left"
    )
    return both.filter((pl.col("before") - pl.col("after")).abs() > 1e-7).sort(KEY)


def test_a_corrected_price_lists_every_car_that_it_changed(lab: Lab) -> None:
    first = lab.run()
    assert listed(first).is_empty()
    correct(lab, "T1", sessions()[300], 1.03)
    second = lab.run()
    expected = differing(first, second)
    assert len(expected) > 5
    changes = listed(second)
    assert changes.select(*KEY, "before", "after").sort(KEY).equals(expected)
    assert changes["why"].unique().to_list() == ["revised"]
    assert set(changes["ticker"]) == {"T1"}
    assert second.provenance.computed > 0
    # Told once: what is shown now is what was shown then.
    lab.events = lab.events.head(23)
    assert listed(lab.run()).is_empty()


def test_a_price_that_is_corrected_back_is_told_too(lab: Lab) -> None:
    original = lab.prices
    first = lab.run()
    correct(lab, "T1", sessions()[300], 1.03)
    second = lab.run()
    lab.prices = original
    third = lab.run()
    assert third.provenance.computed == 0  # the first results are still in the cache
    back = listed(third).select(*KEY, "before", "after").sort(KEY)
    assert back.equals(differing(second, third))
    assert third.cars.equals(first.cars)


def test_a_benchmark_changes_every_event(lab: Lab) -> None:
    lab.run()
    for day in sessions()[200:420:7]:
        correct(lab, "SPY", day, 1.01)
    second = lab.run()
    assert listed(second)["event_id"].n_unique() == 24
    (rest,) = (note for note in second.warnings if note.endswith("more event × ticker"))
    assert rest == "changed since last time: 14 more event × ticker"
    told = io.StringIO()
    show_changes(second, told)
    lines = told.getvalue().splitlines()
    assert lines[0] == "changed since this study was last run: 24 event × ticker"
    assert lines[-1] == "  and 4 more; receipt.json of --out has them all"
    assert len(lines) == 23


def test_a_new_base_of_all_prices_changes_no_figure(lab: Lab) -> None:
    """A later dividend lowers all total-return closes before it by one factor."""
    lab.run()
    lab.prices = lab.prices.with_columns(close=pl.col("close") * 0.97)
    second = lab.run()
    assert second.provenance.computed == 24
    assert listed(second).is_empty()


def test_windows_that_were_not_over_yet_are_new_not_changed(lab: Lab) -> None:
    everything = lab.prices
    day = sorted(lab.events["date"])[-1]
    short = everything.filter(pl.col("date") <= day)
    lab.prices = short
    lab.run()
    lab.prices = everything
    assert listed(lab.run()).is_empty()
    lab.prices = short
    lab.run(missing="lenient")
    lab.prices = everything
    changes = listed(lab.run(missing="lenient"))
    assert changes["why"].unique().to_list() == ["more prices"]


def test_a_security_that_is_gone_has_no_figure_any_more(lab: Lab) -> None:
    lab.run()
    lab.prices = lab.prices.filter((pl.col("ticker") != "T1") | (pl.col("date") > sessions()[200]))
    changes = listed(lab.run(min_obs=100))
    gone = changes.filter(pl.col("after").is_null())
    assert len(gone)
    assert set(gone["ticker"]) == {"T1"}


@pytest.mark.parametrize("gone", [("T1",), TICKERS])
def test_figures_of_a_security_that_has_no_prices_any_more(lab: Lab, gone: tuple[str, ...]) -> None:
    first = lab.run()
    everything = lab.prices
    lab.prices = everything.filter(~pl.col("ticker").is_in(gone))
    changes = listed(lab.run())
    assert changes["after"].null_count() == len(changes)
    assert changes["why"].unique().to_list() == ["gone"]
    shown = first.cars.filter(pl.col("ticker").is_in(gone), pl.col("car").is_not_null())
    assert changes.select(*KEY, car="before").sort(KEY).equals(shown.select(*KEY, "car").sort(KEY))
    # Told once, also when they are back: there was no figure to differ from.
    lab.events = lab.events.head(23)
    assert listed(lab.run()).is_empty()
    lab.prices = everything
    assert listed(lab.run()).is_empty()


def test_another_table_or_another_question_is_no_change(lab: Lab, tmp_path: Path) -> None:
    lab.run()
    other = tmp_path / "other.csv"
    save(lab.prices.with_columns(close=pl.col("close").sqrt()), other)
    assert listed(bt.run(lab.events_path, other, cache=lab.cache)).is_empty()
    assert listed(lab.run(estimation="-200:-11")).is_empty()


def test_without_a_cache_nothing_is_known(lab: Lab) -> None:
    lab.run(cache=False)
    correct(lab, "T1", sessions()[300], 1.03)
    assert listed(lab.run(cache=False)).is_empty()


def test_a_damaged_list_is_told_and_begun_anew(lab: Lab) -> None:
    lab.run()
    (file,) = (lab.cache / "results" / "shown").iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)
    assert damaged(lab.cache / "results") == [f"shown/{file.name}: does not match its checksum"]
    correct(lab, "T1", sessions()[300], 1.03)
    second = lab.run()
    assert listed(second).is_empty()
    assert any("what was shown last is not known" in note for note in second.warnings)
    correct(lab, "T1", sessions()[300], 1.02)
    assert len(listed(lab.run()))


def test_a_list_without_sources_is_read_still(tmp_path: Path) -> None:
    """The first of these files did not say where prices came from."""
    cache, path = ResultsCache(tmp_path), tmp_path / "shown" / "study"
    now = pl.DataFrame({"who": [1, 2], "made": [3, 4], "place": [5, None]}, schema=SHOWN)
    old = now.select("who", "made")
    buffer = io.BytesIO()
    old.write_ipc(buffer)
    path.parent.mkdir()
    path.write_bytes(checksum(buffer.getvalue()).encode() + b"\n" + buffer.getvalue())
    assert since_last(cache, path, now).is_empty()
    # From now on the source is known, though no figure has changed.
    other = now.with_columns(made=pl.lit(9, pl.UInt64), place=pl.lit(6, pl.UInt64))
    assert since_last(cache, path, other).select("made_before", "moved").rows() == [
        (3, True),
        (4, False),
    ]
    assert cache.notes == []


def test_the_command_shows_a_table_and_json_has_the_sentences(lab: Lab, cli: Command) -> None:
    study = ("run", "--events", lab.events_path, "--prices", lab.prices_path, "--cache", lab.cache)
    first = lab.run()
    correct(lab, "T1", sessions()[300], 1.03)
    save(lab.prices, lab.prices_path)
    ran = cli(*study, "--format", "json")
    sentences = [one for one in ran.json["warnings"] if one.startswith("changed since last time")]
    assert sentences
    lines = ran.err.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("changed since this study"))
    assert lines[at + 1].split() == [
        "event",
        "ticker",
        "CAR",
        "before",
        "after",
        *["as", "prices", "were"],
    ]
    event, ticker, window, before = lines[at + 2].split()[:4]
    row = first.cars.filter(
        pl.col("event_id") == event, pl.format("{}:{}", "start", "end") == window.replace("−", "-")
    )
    assert ticker == "T1"
    assert before == f"{row['car'][0] * 100:+.2f}%".replace("-", "−")
    assert all(len(line) <= 80 for line in lines[at : at + 4])
    assert "changed since last time" not in ran.err
    again = cli(*study, "--format", "json")
    assert not [one for one in again.json["warnings"] if one.startswith("changed since")]


@pytest.fixture
def stored(tmp_path: Path, lab: Lab) -> Path:
    """A cache whose price store has the laboratory's prices, imported."""
    _keep(lab, tmp_path / "cache2", 1.0)
    return tmp_path / "cache2"


def _keep(lab: Lab, cache: Path, factor: float, shares: pl.DataFrame | None = None) -> None:
    day = sessions()[300]
    frame = lab.prices.with_columns(
        close=pl.when((pl.col("ticker") == "T1") & (pl.col("date") == day))
        .then(pl.col("close") * factor)
        .otherwise("close")
    )
    bars = BARS.check(pl.concat([BARS.empty(), frame], how="diagonal_relaxed"))
    known = dict.fromkeys(frame["ticker"].unique().to_list(), Closes.SPLIT_ONLY)
    import_bars(price_store(cache), Bars(bars, closes=known), NOW, shares, replace=True)


def _counts(**shares: float) -> pl.DataFrame:
    rows = [(ticker, sessions()[0], count) for ticker, count in shares.items()]
    return pl.DataFrame(rows, schema=SHARES.schema(), orient="row")


def test_revised_share_counts_list_the_market_values_that_they_change(
    lab: Lab, stored: Path
) -> None:
    save(made_events(24, TICKERS), lab.events_path)

    def run() -> StudyResult:
        return bt.run(lab.events_path, "auto", cache=stored, now=NOW)

    _keep(lab, stored, 1.0, _counts(T0=1e9, T1=1e9, T2=1e9))
    first = run()
    _keep(lab, stored, 1.0, _counts(T0=1e9, T1=1.1e9))
    second = run()
    changes = listed(second)
    assert set(changes["figure"]) == {"market_cap_change"}
    days = {0, *(day for car in first.spec.cars for day in range(car.start, car.end + 1))}
    key = ["event_id", "ticker", "alternative", "day"]
    caps = first.market_caps.filter(pl.col("day").is_in(days), pl.col("change").is_not_null())
    after = second.market_caps.select(*key, after="change")
    both = caps.select(*key, before="change").join(after, on=key, how="left")
    expected = both.filter(pl.col("ticker") != "T0", pl.col("before") != 0).sort(key)
    found = changes.rename({"start": "day"}).select(*key, "before", "after").sort(key)
    assert found.equals(expected)
    revised = changes.filter(pl.col("ticker") == "T1")
    assert revised["why"].unique().to_list() == ["share counts revised"]
    assert (revised["after"] / revised["before"]).to_numpy() == pytest.approx(1.1)
    gone = changes.filter(pl.col("ticker") == "T2")
    assert gone["why"].unique().to_list() == ["gone"]
    assert gone["after"].null_count() == len(gone)
    assert second.receipt["changes"] == changes.to_dicts()
    assert [one for one in second.warnings if "T1 Δ cap 0:0 " in one and "counts revised" in one]
    told = io.StringIO()
    show_changes(second, told)
    lines = told.getvalue().splitlines()
    assert lines[0] == "changed since this study was last run: 16 event × ticker"
    assert " ".join(lines[1].split()) == "event ticker Δ cap before after as data were"
    assert {tuple(line.split()[1:3]) for line in lines[2:]} == {("T1", "0:0"), ("T2", "0:0")}
    assert all(len(line) <= 80 for line in lines)
    assert listed(run()).is_empty()


def test_a_revision_in_the_price_store(lab: Lab, stored: Path) -> None:
    """What is there is kept as an earlier version, and the studies that read it are named."""
    save(made_events(24, TICKERS), lab.events_path)

    def run() -> StudyResult:
        return bt.run(lab.events_path, "auto", cache=stored, now=NOW)

    first = run()
    _keep(lab, stored, 1.03)
    second = run()
    assert len(listed(second))
    assert listed(second).select(*KEY, "before", "after").sort(KEY).equals(differing(first, second))
    record = price_store(stored).record("T1")
    assert record is not None
    assert [one.why.split(";")[-1].strip() for one in record.earlier] == [
        "1 of 448 sessions differ"
    ]
    assert change_notes(listed(second), second.spec)[0] in second.warnings
    third = run()
    assert listed(third).is_empty()
    assert third.provenance.computed == 0


def test_reprocess_lists_them_too(lab: Lab, cli: Command) -> None:
    study = ("--events", lab.events_path, "--prices", lab.prices_path, "--cache", lab.cache)
    lab.run()
    correct(lab, "T1", sessions()[300], 1.03)
    save(lab.prices, lab.prices_path)
    ran = cli("reprocess", *study, "--format", "json")
    changes = ran.json["changes"]
    assert {row["ticker"] for row in changes} == {"T1"}
    assert all(abs(row["before"] - row["after"]) > 1e-7 for row in changes)
    assert "changed since this study was last run" in ran.err


def test_of_a_study_in_files_it_is_the_same(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    original = lab.prices
    lab.run()
    correct(lab, "T1", sessions()[300], 1.03)
    expected = listed(lab.run())
    assert len(expected)
    monkeypatch.setattr(shards, "LARGE", 1)
    monkeypatch.setattr(shards, "SHARD", 7)
    shutil.rmtree(lab.cache)
    lab.prices = original
    assert isinstance(lab.run().event_tables, InFiles)
    correct(lab, "T1", sessions()[300], 1.03)
    assert listed(lab.run()).equals(expected)
