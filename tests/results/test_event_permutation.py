"""The permutation test of single events: its rows, its agreement with samples, and the cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from support.bulk import made_events, made_prices, one_event, save, sessions
from support.cli import CALENDAR
from support.lab import TICKERS, Lab, counts

import backtest as bt
from backtest.results import placebos as module
from backtest.results.placebos import Placebos
from backtest.results.result import StudyResult

NARROW = {"estimation": "-60:-3", "window": "-2:2", "cars": ["-2:2", "0:0", "0:1"], "min_obs": 40}
KEY = ["event_id", "ticker", "model", "alternative", "start", "end"]


@pytest.fixture
def study(tmp_path: Path, warm: Path) -> Callable[..., StudyResult]:
    """Study a table of events on made-up prices."""

    def run(events: pl.DataFrame, **options: Any) -> StudyResult:
        paths = save(events, tmp_path / "e.csv"), save(made_prices(TICKERS), tmp_path / "p.csv")
        given = {"tests": "permutation,bmp", "cache": False, **NARROW, **options}
        return bt.run(*paths, **given)

    return run


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Placebos]:
    """The placebo draws that studies made."""
    made: list[Placebos] = []

    def spy(*given: Any) -> Placebos:
        made.append(module.placebos(*given))
        return made[-1]

    monkeypatch.setattr("backtest.study.placebos", spy)
    return made


def test_every_row_is_followed_by_its_permutation(study: Callable[..., StudyResult]) -> None:
    events = made_events(5, TICKERS)
    result = study(events, model="market,mean")
    plain = study(events, model="market,mean", tests="bmp")
    assert set(plain.event_tests["test"]) == {"sq"}
    assert result.event_tests["test"].to_list() == ["sq", "permutation"] * 30
    assert result.event_tests.filter(test="sq").equals(plain.event_tests)
    rows = result.event_tests.filter(test="permutation")
    assert rows.select(KEY).equals(plain.event_tests.select(KEY))
    assert rows["statistic"].equals(result.cars["scar"].alias("statistic"))
    assert rows["n"].min() >= 99  # type: ignore[operator]
    assert rows["reason"].null_count() == 30


def test_p_is_counted_among_the_draws_of_the_observation(
    study: Callable[..., StudyResult], drawn: list[Placebos], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A date drawn again counts once."""
    dates: list[int] = []
    real = module._dates

    def spy(*given: Any) -> Any:
        answer = real(*given)
        dates.extend(len(np.unique(row)) for row in answer)
        return answer

    monkeypatch.setattr(module, "_dates", spy)
    result = study(made_events(4, TICKERS))
    (placebos,) = drawn  # once for events and groups
    rows = result.event_tests.filter(test="permutation")
    # Columns: the five days, then the windows of several days, -2:2 and 0:1.
    columns = [5, 2, 6]
    for place, row in enumerate(rows.iter_rows(named=True)):
        own = placebos.scar["market"][place // 3, :, columns[place % 3]]
        different = np.unique(own)
        assert row["n"] == len(different) == dates[place // 3] < 999
        extreme = (abs(different) >= abs(row["statistic"])).sum()
        assert row["p"] == (1 + extreme) / (1 + len(different))


@pytest.mark.parametrize("model", ["market", "mean"])
def test_a_group_of_one_has_the_same_p(study: Callable[..., StudyResult], model: str) -> None:
    result = study(one_event("T1", sessions()[300]), model=model)
    events = result.event_tests.filter(test="permutation").select("start", "end", "statistic", "p")
    group = result.sample_tests.filter(test="permutation", group="all")
    joined = events.join(group, on=["start", "end"])
    assert len(joined) == 3
    assert joined["p"].equals(joined["p_right"].alias("p"))
    np.testing.assert_allclose(joined["statistic"], joined["statistic_right"], rtol=1e-12)


def test_p_is_uniform_where_nothing_happened(tmp_path: Path) -> None:
    """One event of each of 200 securities without a reaction, each on a date of its own choice."""
    tickers = [f"U{number}" for number in range(200)]
    paths = (
        save(made_events(200, tickers, seed=8), tmp_path / "e.parquet"),
        save(made_prices(tickers), tmp_path / "p.parquet"),
    )
    result = bt.run(*paths, tests="permutation", cache=False, model="mean", **NARROW)  # type: ignore[arg-type]
    rows = result.event_tests.filter(test="permutation", start=0, end=0)
    assert stats.kstest(rows["p"].to_numpy(), "uniform").pvalue > 0.05


def test_what_is_not_defined_says_why(study: Callable[..., StudyResult]) -> None:
    late = study(one_event("T0", sessions()[-2])).event_tests.filter(test="permutation")
    cut = "the window has missing days"
    assert late["reason"].to_list() == [cut, None, None]
    assert late["p"].is_null().to_list() == [True, False, False]
    assert late["statistic"].is_null().to_list() == [True, False, False]
    wide = {"estimation": "-260:-11", "window": "-10:10"}
    short = study(one_event("T0", sessions()[-12]), **wide).event_tests.filter(test="permutation")
    none = "an observation has no placebo dates beside the windows of its own events"
    assert short["reason"].to_list() == [none] * 3
    assert short["n"].to_list() == [0] * 3
    assert short["p"].null_count() == short["statistic"].null_count() == 3


@pytest.mark.parametrize(("fits", "n"), [(98 * 3, 98), (2, 0)])
def test_too_many_observations_for_enough_draws(
    study: Callable[..., StudyResult], monkeypatch: pytest.MonkeyPatch, fits: int, n: int
) -> None:
    monkeypatch.setattr(module, "MOST_FITS", fits)
    result = study(made_events(3, TICKERS))
    rows = result.event_tests.filter(test="permutation")
    said = "fewer than 99 different placebo draws: too many observations or too few dates"
    assert rows["reason"].unique().to_list() == [said]
    assert rows["n"].max() <= n  # type: ignore[operator]
    group = result.sample_tests.filter(test="permutation", group="all")
    assert group["reason"].unique().to_list() == [said]


def test_second_candidates_are_tested_too(cache: Path) -> None:
    result = bt.run(
        CALENDAR, "snapshot", selection="2025-09-10*", tests="permutation", cache=cache, **NARROW
    )
    rows = result.event_tests.filter(test="permutation", ticker="ORCL", start=0, end=0)
    assert rows["alternative"].to_list() == [False, True]
    assert rows["p"].null_count() == 0


def test_a_second_run_takes_them_from_the_cache(lab: Lab, drawn: list[Placebos]) -> None:
    first = lab.run(tests="permutation", **NARROW)
    again = lab.run(tests="permutation", **NARROW)
    assert counts(again) == (0, 24)
    assert len(drawn) == 1
    assert again.event_tests.equals(first.event_tests)
    assert "permutation" in first.event_tests["test"]
    # Of the same observations, what belongs to no other study.
    assert set(lab.run(tests="bmp", **NARROW).event_tests["test"]) == {"sq"}
    lab.check(tests="permutation", **NARROW)


def test_a_changed_event_gives_fresh_ones(lab: Lab, drawn: list[Placebos]) -> None:
    before = lab.run(tests="permutation", **NARROW).event_tests
    moved = sessions()[sessions().index(lab.events["date"][7]) - 1]
    lab.events[7, "date"] = moved
    result = lab.check(tests="permutation", **NARROW)
    assert counts(result) == (1, 23)
    assert len(drawn) == 3
    # Others of its security have other placebo dates now, those of the others have the same.
    changed = result.event_tests.filter(result.event_tests["p"].ne_missing(before["p"]))
    assert set(changed["ticker"]) == {lab.events["ticker"][7]}
    assert changed["event_id"].n_unique() > 1
