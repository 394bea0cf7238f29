"""Walk-forward choices: by hand, blind to what comes after, and honest about luck."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from backtest.strategy.walk_forward import FEWEST, t_of, walk_forward


def test_the_better_past_is_chosen_and_judged_on_the_future() -> None:
    """Two cells, 20 dates. Cell 1 was better on the first ten and worse on the last ten."""
    day = np.tile(np.arange(20), 2)
    cell = np.repeat([0, 1], 20)
    wave = np.tile([0.01, -0.01], 20)
    past = day < 10
    value = wave + np.where(cell == 1, np.where(past, 0.03, -0.02), np.where(past, 0.01, 0.02))
    (fold,) = walk_forward(value, cell, day, day, 2, 1)
    assert (fold.start, fold.end, fold.chosen) == (10, 20, 1)
    assert (fold.behind, fold.ahead) == (10, 10)
    assert fold.before == pytest.approx(0.03)
    assert fold.after == pytest.approx(-0.02)
    assert fold.median_after == pytest.approx(0.0)
    assert fold.beaten == 0.0


def test_t_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    value, cell = rng.normal(0.01, 0.05, 90), rng.integers(0, 3, 90)
    n, mean, t = t_of(value, cell, 4)
    for one in range(3):
        own = value[cell == one]
        assert (n[one], mean[one]) == (len(own), pytest.approx(own.mean()))
        assert t[one] == pytest.approx(ttest_1samp(own, 0.0).statistic)
    assert (n[3], np.isnan(mean[3]), np.isnan(t[3])) == (0, True, True)


def test_the_future_does_not_move_a_choice() -> None:
    rng = np.random.default_rng(2)
    value, cell = rng.normal(0, 0.05, 400), rng.integers(0, 6, 400)
    day = rng.integers(0, 100, 400)
    over = day + rng.integers(0, 12, 400)
    for fold in walk_forward(value, cell, day, over, 6, 4):
        later = np.where(over >= fold.start, rng.normal(1.0, 5.0, 400), value)
        again = next(
            one for one in walk_forward(later, cell, day, over, 6, 4) if one.start == fold.start
        )
        assert (again.chosen, again.before, again.t) == (fold.chosen, fold.before, fold.t)


def test_trades_still_open_at_the_choice_do_not_count() -> None:
    day = np.arange(20)
    over = np.where(day < 10, 15, 19)
    (fold,) = walk_forward(np.ones(20), np.zeros(20, dtype=int), day, over, 1, 1)
    assert fold.chosen is None


def test_parts_cover_every_announcement_but_the_first_part_once() -> None:
    rng = np.random.default_rng(3)
    day = rng.integers(0, 50, 300)
    folds = walk_forward(rng.normal(size=300), rng.integers(0, 2, 300), day, day, 2, 3)
    assert [one.end for one in folds[:-1]] == [one.start for one in folds[1:]]
    assert folds[-1].end == day.max() + 1
    judged = [(day >= one.start) & (day < one.end) for one in folds]
    assert (np.sum(judged, axis=0) == (day >= folds[0].start)).all()


def test_too_few_dates_or_trades_choose_nothing() -> None:
    few = np.arange(3)
    assert walk_forward(np.ones(3), np.zeros(3, dtype=int), few, few, 1, 3) == []
    count = FEWEST - 1
    day = np.arange(2 * count)
    (fold,) = walk_forward(np.ones(2 * count), np.zeros(2 * count, dtype=int), day, day, 1, 1)
    assert fold.chosen is None


def test_luck_does_not_last() -> None:
    """SIMULATED: 60 worthless cells; what was chosen beats half of the others afterwards."""
    rng = np.random.default_rng(5)
    beaten, before = [], []
    for _ in range(120):
        value, cell = rng.normal(0, 0.05, 1800), np.tile(np.arange(60), 30)
        day = np.repeat(np.arange(30), 60)
        (fold,) = walk_forward(value, cell, day, day, 60, 1)
        beaten.append(fold.beaten)
        before.append(fold.before)
    assert np.mean(before) > 0.02
    assert np.mean(beaten) == pytest.approx(0.5, abs=0.08)
