"""The Python door: the ways to say the same study, where its cache lies, and what it refuses."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import made_events, made_prices, save
from support.cli import CALENDAR

import backtest as bt
from backtest.errors import BadInput, BadUsage, DataUnavailable

ONE = "2025-10-06-amd-openai-6gw-warrant"


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    """Events and prices of two securities; the prices are made up."""
    events, prices = made_events(4, ("AAA", "BBB")), made_prices(("AAA", "BBB"))
    return save(events, tmp_path / "e.csv"), save(prices, tmp_path / "p.csv")


def test_the_example_of_the_documentation(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CALENDAR.parent)
    result = bt.run(events="events/", prices="snapshot", model="market", benchmark="SPY")
    assert isinstance(result, bt.StudyResult)
    assert isinstance(result.cars, pl.DataFrame)
    assert "+35.95%" in result.summary()
    assert result.provenance.events == "events, 44 announcements"
    assert result.provenance.prices == (
        "shipped snapshot, 12 securities to 2026-05-29; close: unadjusted + adj_close"
    )


@pytest.mark.parametrize(
    "options",
    [
        {"model": ["market", "mean"], "cars": ["0:0", "-1:1"], "window": "-5:5"},
        {"model": "market, mean", "cars": [(0, 0), (-1, 1)], "window": (-5, 5)},
        {
            "model": ("market", "mean"),
            "cars": [bt.Window(0, 0), bt.Window(-1, 1)],
            "window": bt.Window(-5, 5),
        },
    ],
)
def test_one_study_can_be_said_in_several_ways(
    tables: tuple[Path, Path], options: dict[str, Any]
) -> None:
    result = bt.run(*tables, cache=False, **options)
    assert result.spec == bt.StudySpec(
        models=("market", "mean"),
        cars=(bt.Window(0, 0), bt.Window(-1, 1)),
        window=bt.Window(-5, 5),
    )


def test_paths_may_be_text(tables: tuple[Path, Path]) -> None:
    events, prices = map(str, tables)
    assert len(bt.run(events, prices, cache=False).fits) == 4


def test_all_tests_are_those_of_the_registry(tables: tuple[Path, Path]) -> None:
    from backtest.inference import tests

    result = bt.run(*tables, tests="all", cache=False)
    assert set(result.sample_tests["test"]) == set(tests.keys())
    few = bt.run(*tables, tests=["sign"], cache=False)
    assert set(few.sample_tests["test"]) == {"sign"}


def test_the_calendar_is_that_of_the_working_directory_else_the_shipped_one(
    cache: Path, tmp_path: Path
) -> None:
    shipped = bt.run(prices="snapshot", selection=[ONE], cache=cache)
    assert shipped.headlines["event_id"].to_list() == [ONE]
    own = tmp_path / "events"
    own.mkdir()
    text = (CALENDAR / f"{ONE}.yaml").read_text().replace(f"id: {ONE}", "id: my-own", 1)
    (own / "mine.yaml").write_text(text)
    mine = bt.run(prices="snapshot", cache=cache)
    assert mine.headlines["event_id"].to_list() == ["my-own"]


def test_the_cache_lies_where_it_is_told(
    tables: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(folder: Path) -> bool:
        return (folder / "results" / "studies").is_dir()

    bt.run(*tables)
    assert kept(tmp_path / "cache")  # BACKTEST_CACHE
    bt.run(*tables, cache=tmp_path / "named")
    assert kept(tmp_path / "named")
    monkeypatch.delenv("BACKTEST_CACHE")
    monkeypatch.chdir(tables[0].parent)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    bt.run(*tables)
    assert kept(here / "cache")


def test_without_a_cache_nothing_is_written(tables: tuple[Path, Path], tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = bt.run(*tables, cache=False)
    assert sorted(tmp_path.rglob("*")) == before
    assert (result.provenance.computed, result.provenance.reused) == (4, 0)


def test_a_result_is_frozen_and_holds_its_specification(tables: tuple[Path, Path]) -> None:
    result = bt.run(*tables, cache=False, min_obs=120)
    assert result.spec.min_obs == 120
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.warnings = ()  # type: ignore[misc]


def test_what_is_refused_is_one_kind_of_error(tables: tuple[Path, Path], tmp_path: Path) -> None:
    events, prices = tables
    with pytest.raises(BadUsage, match="unknown model `capmm`") as usage:
        bt.run(events, prices, model="capmm", cache=False)
    with pytest.raises(BadInput, match="there is no such file"):
        bt.run(events, tmp_path / "no.csv", cache=False)
    with pytest.raises(DataUnavailable, match="benchmark QQQ has no prices"):
        bt.run(events, prices, benchmark="QQQ", cache=False)
    assert isinstance(usage.value, bt.BacktestError)
    assert [problem.code for problem in usage.value.problems] == ["unknown-model"]


def test_nothing_studied_is_a_result_with_reasons(tables: tuple[Path, Path]) -> None:
    result = bt.run(*tables, cache=False, estimation="-440:-300", window="-5:5", min_obs=141)
    assert result.cars.is_empty()
    assert set(result.excluded["stage"]) >= {"estimation"}
    assert result.sample_tests["n"].max() == 0
    assert result.sample_tests["statistic"].null_count() == len(result.sample_tests)
    assert result.sample_tests["reason"].null_count() == 0


def test_the_public_names() -> None:
    for name in bt.__all__:
        assert getattr(bt, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        bt.rum  # type: ignore[attr-defined]  # noqa: B018


def test_a_text_is_one_selection_and_one_list_of_windows(tmp_path: Path) -> None:
    """A text is never read letter by letter."""
    result = bt.run(CALENDAR, "snapshot", selection="2025-10-06*", cars="0:0,-1:1", cache=tmp_path)
    assert [str(car) for car in result.spec.cars] == ["0:0", "-1:1"]
    assert result.headlines["event_id"].to_list() == ["2025-10-06-amd-openai-6gw-warrant"]
