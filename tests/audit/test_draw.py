"""Which security-days can be placebo events, and how samples of them are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.placebos import SPEC, normal_universe

from backtest.audit.draw import Design, Pool, can_draw, draw
from backtest.audit.universe import Universe
from backtest.spec import StudySpec, Window


def holed(seed: int = 5) -> Universe:
    """Return a universe with listings, delistings and single missing days."""
    universe = normal_universe(12, 330)
    rng = np.random.default_rng(seed)
    returns = universe.returns.copy()
    returns[rng.random(returns.shape) < 0.01] = np.nan
    returns[3, :200] = np.nan
    returns[4, 300:] = np.nan
    returns[5, 60:240] = np.nan
    return replace(universe, returns=returns)


@pytest.mark.parametrize("window", [Window(0, 0), Window(-3, 5), Window(2, 4)])
def test_a_day_is_in_the_pool_just_when_a_study_would_take_it(window: Window) -> None:
    spec = StudySpec(window=window, cars=(window,))
    universe = holed()
    pool = Pool.of(universe, spec)
    found = set(zip(pool.securities.tolist(), pool.day0.tolist(), strict=True))
    valid = np.isfinite(universe.returns) & np.isfinite(universe.returns[0])
    expected = set()
    for row in range(1, 12):
        for day in range(330):
            first, last = day - 260, day + max(0, window.end)
            if first < 1 or last >= 330:
                continue
            event = valid[row, day + window.start : day + window.end + 1]
            if event.all() and valid[row, first : day - 10].sum() >= 100:
                expected.add((row, day))
    assert found == expected
    assert {row for row, _ in found} < set(range(1, 12))


def test_samples_of_one_date_are_different_securities_of_that_date() -> None:
    pool = Pool.of(holed(), SPEC)
    rows, day0 = draw(pool, "same_date", 7, 200, np.random.default_rng(1))
    assert rows.shape == day0.shape == (200, 7)
    assert (day0 == day0[:, :1]).all()
    assert all(len(set(sample)) == 7 for sample in rows.tolist())
    there = set(zip(pool.securities.tolist(), pool.day0.tolist(), strict=True))
    assert set(zip(rows.ravel().tolist(), day0.ravel().tolist(), strict=True)) <= there
    assert len(set(day0[:, 0].tolist())) > 30


def test_random_dates_reach_every_day_alike() -> None:
    pool = Pool.of(holed(), SPEC)
    rows, day0 = draw(pool, "random", 50, 400, np.random.default_rng(1))
    every = len(pool.day0)
    counts = np.zeros((12, 330))
    np.add.at(counts, (rows.ravel(), day0.ravel()), 1)
    chosen = counts[pool.securities, pool.day0]
    assert chosen.sum() == rows.size
    expected = rows.size / every
    # χ² with `every` − 1 degrees of freedom: five standard deviations.
    assert ((chosen - expected) ** 2 / expected).sum() == pytest.approx(
        every - 1, abs=5 * np.sqrt(2 * every)
    )


@pytest.mark.parametrize(("design", "n", "can"), [("random", 500, True), ("same_date", 12, False)])
def test_more_events_than_securities_share_no_date(design: Design, n: int, can: bool) -> None:
    assert can_draw(Pool.of(holed(), SPEC), design, n) is can


def test_a_table_shorter_than_the_windows_has_no_days() -> None:
    pool = Pool.of(normal_universe(5, 200), SPEC)
    assert len(pool.day0) == 0
    assert not can_draw(pool, "random", 1)
    assert not can_draw(pool, "same_date", 1)
