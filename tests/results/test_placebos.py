"""Placebo dates in whole studies: where they may fall, and what they give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.bulk import made_events, made_prices, one_event, save, sessions

import backtest as bt
from backtest.results import placebos as module
from backtest.results.result import StudyResult

TICKERS = ("T0", "T1", "T2")
NARROW = {"estimation": "-120:-3", "window": "-2:2", "cars": ["0:0", "-2:2"], "min_obs": 60}


def _study(folder: Path, count: int, **options: object) -> StudyResult:
    events = save(made_events(count, TICKERS), folder / "e.csv")
    prices = save(made_prices(TICKERS), folder / "p.csv")
    given = {"tests": "permutation,bmp", "cache": False, **NARROW, **options}
    return bt.run(events, prices, **given)  # type: ignore[arg-type]


def test_placebo_windows_meet_no_window_of_a_real_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    real = module._dates

    def spy(placed: module.Placed, *rest: object) -> np.ndarray:
        drawn = real(placed, *rest)  # type: ignore[arg-type]
        seen.append((placed.rows, placed.day0, drawn))
        return drawn

    monkeypatch.setattr(module, "_dates", spy)
    result = _study(tmp_path, 3)
    ((rows, day0, drawn),) = seen
    assert drawn.shape == (3, 999)
    assert (drawn >= 121).all()
    assert (drawn <= len(sessions()) - 3).all()
    for row, dates in zip(rows, drawn, strict=True):
        for real_day in day0[rows == row]:
            after, before = dates - 2 > real_day + 2, dates + 2 < real_day - 120
            assert (after | before).all()
    tested = result.sample_tests.filter(test="permutation", group="all")
    assert tested["reason"].null_count() == len(tested)
    assert ((tested["p"] > 0) & (tested["p"] <= 1)).all()


def test_events_of_one_date_move_together(tmp_path: Path) -> None:
    one = _study(tmp_path, 1).sample_tests.filter(test="permutation", start=0, end=0, group="all")
    again = _study(tmp_path, 1).sample_tests.filter(test="permutation", start=0, end=0, group="all")
    assert one.equals(again)  # the seed is fixed
    assert one["n"].to_list() == [1]
    assert one["p"].null_count() == 0


def test_it_is_not_defined_where_prices_are_too_short(tmp_path: Path) -> None:
    events = save(one_event("T0", sessions()[-12]), tmp_path / "late.csv")
    prices = save(made_prices(TICKERS), tmp_path / "p.csv")
    result = bt.run(events, prices, tests="permutation", cache=False)
    reasons = result.sample_tests.filter(test="permutation")["reason"].unique().to_list()
    assert reasons == ["an observation has no placebo dates beside the windows of its own events"]


def test_a_cached_study_says_the_same(tmp_path: Path, warm: Path) -> None:
    plain = _study(tmp_path, 3)
    for _ in range(2):
        kept = _study(tmp_path, 3, cache=warm)
        assert kept.sample_tests.equals(plain.sample_tests)


def test_models_that_weigh_donors_have_fewer_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of the same dates; others are not touched by it."""
    monkeypatch.setattr(module, "MOST_WEIGHED", 3 * 120)
    both = _study(tmp_path, 3, model="market,synthetic", tests="permutation")
    rows = both.event_tests.filter(test="permutation")
    assert rows.filter(model="synthetic")["n"].max() <= 120  # type: ignore[operator]
    alone = _study(tmp_path, 3, model="market", tests="permutation").event_tests
    assert rows.filter(model="market").equals(alone.filter(test="permutation"))
    assert rows.filter(model="market")["n"].min() > 120  # type: ignore[operator]
