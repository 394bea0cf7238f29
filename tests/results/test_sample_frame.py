"""The sample table against a second computation from the event tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats
from support.bulk import made_events, made_prices, one_event, save, sessions
from support.cli import CALENDAR

import backtest as bt
from backtest.results.result import StudyResult

TICKERS = tuple(f"T{number}" for number in range(5))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, warm: Path) -> StudyResult:
    """Thirty made-up events in two groups."""
    folder = tmp_path_factory.mktemp("sample")
    events = save(made_events(30, TICKERS), folder / "e.csv")
    prices = save(made_prices(TICKERS), folder / "p.csv")
    return bt.run(events, prices, cache=warm, model="market,mean", window="-5:5")


def values(result: StudyResult, group: str, start: int, end: int, model: str) -> np.ndarray:
    """Return the CARs of a group's window, or the abnormal returns of a day."""
    chosen = pl.col("model") == model
    if start == end:
        rows = result.abnormal_returns.filter(chosen, pl.col("day") == start).rename(
            {"abnormal": "value"}
        )
    else:
        rows = result.cars.filter(chosen, start=start, end=end).rename({"car": "value"})
    number = rows["event_id"].str.slice(1).cast(pl.Int32)
    wanted = {"all": [0, 1], "group:even": [0], "group:odd": [1]}[group]
    return rows.filter((number % 2).is_in(wanted))["value"].to_numpy()


def test_every_group_model_column_and_test_has_one_row(result: StudyResult) -> None:
    frame = result.sample_tests
    groups = frame["group"].unique(maintain_order=True).to_list()
    assert groups == ["all", "group:even", "group:odd"]
    columns = {(day, day) for day in range(-5, 6)} | {(-1, 1), (-5, 5), (0, 5)}
    assert set(frame.select("start", "end").iter_rows()) == columns
    assert len(frame) == 3 * 2 * len(columns) * len(result.spec.tests)


def test_descriptions_are_those_of_the_event_tables(result: StudyResult) -> None:
    for row in result.sample_tests.filter(test="sign").iter_rows(named=True):
        found = values(result, row["group"], row["start"], row["end"], row["model"])
        assert row["n"] == len(found) == {"all": 30}.get(row["group"], 15)
        assert row["mean"] == pytest.approx(found.mean(), abs=1e-14)
        assert row["median"] == pytest.approx(np.median(found), abs=1e-14)
        assert row["share_positive"] == (found > 0).mean()


def test_statistics_are_those_of_another_program(result: StudyResult) -> None:
    for test, other in (("cross_sectional", stats.ttest_1samp), ("wilcoxon", stats.wilcoxon)):
        for row in result.sample_tests.filter(test=test).iter_rows(named=True):
            found = values(result, row["group"], row["start"], row["end"], row["model"])
            answer = other(found, 0.0) if test == "cross_sectional" else other(found)
            assert row["p"] == pytest.approx(answer.pvalue, rel=1e-9)


def test_p_values_are_adjusted_over_what_a_report_shows_together(result: StudyResult) -> None:
    windows = [(car.start, car.end) for car in result.spec.cars]
    assert (0, 0) in windows
    for model in result.spec.models:
        rows = result.sample_tests.filter(model=model, test="cross_sectional").rows(named=True)
        family = [row for row in rows if (row["start"], row["end"]) in windows]
        assert len(family) == 3 * 4
        p = np.array([row["p"] for row in family])
        order = np.argsort(p)
        holm = np.minimum(1, np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]))
        assert np.array([row["p_holm"] for row in family])[order] == pytest.approx(holm)
        bh = stats.false_discovery_control(p)
        assert [row["p_bh"] for row in family] == pytest.approx(bh)
        for row in rows:
            assert row["p"] <= row["p_bh"] <= row["p_holm"] <= 1


def test_a_single_observation_has_no_sample_test_and_says_why(tmp_path: Path, cache: Path) -> None:
    events = save(one_event("T0", sessions()[330]), tmp_path / "e.csv")
    prices = save(made_prices(["T0"]), tmp_path / "p.csv")
    frame = bt.run(events, prices, cache=cache).sample_tests
    alone = frame.filter(pl.col("test").is_in(["cross_sectional", "bmp"]))
    assert alone["reason"].unique().to_list() == ["needs at least 2 observations"]
    for column in ("statistic", "dof", "p", "p_holm", "p_bh"):
        assert alone[column].null_count() == len(alone) > 0
    assert alone["mean"].null_count() == 0
    assert set(frame["n"]) == {1}


def test_samples_hold_main_sessions_only(cache: Path) -> None:
    event = "2026-03-24-sora-shutdown"
    result = bt.run(CALENDAR, "snapshot", selection=[event], cache=cache)
    assert result.fits.filter("alternative").height > 0
    main = result.fits.filter(~pl.col("alternative"), status="ok")
    assert result.sample_tests.filter(group="all")["n"].unique().to_list() == [len(main)]


def test_a_missing_car_leaves_its_own_column_only(tmp_path: Path, cache: Path) -> None:
    days = sessions()
    prices = made_prices(TICKERS).filter((pl.col("ticker") != "T0") | (pl.col("date") != days[333]))
    events = pl.concat([one_event(ticker, days[330], f"e{ticker}") for ticker in TICKERS])
    paths = save(events, tmp_path / "e.csv"), save(prices, tmp_path / "p.csv")
    frame = bt.run(*paths, cache=cache, tests="sign").sample_tests
    n = {(row["start"], row["end"]): row["n"] for row in frame.iter_rows(named=True)}
    assert (n[2, 2], n[3, 3], n[4, 4], n[5, 5]) == (5, 4, 4, 5)
    assert (n[-1, 1], n[0, 5], n[-10, 10]) == (5, 4, 4)
