"""The sample-quantile test: by hand, by a loop, and its size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import noise, quick, run

from backtest.engine.arrays import Floats
from backtest.engine.sample_quantile import sample_quantile
from backtest.spec import StudySpec, Window

DAY, WEEK = Window(0, 0), Window(-2, 2)


def _test(residuals: Floats, car: float, window: Window = DAY) -> tuple[int, int, float]:
    found = sample_quantile(
        residuals[None], np.array([[car]]), np.array([[len(window)]]), (window,)
    )
    return int(found.rank[0, 0]), int(found.n[0, 0]), float(found.p[0, 0])


def test_by_hand() -> None:
    """Among 199 residuals 1 … 199 the value 198.5 is the second highest of 200."""
    residuals = np.arange(1.0, 200.0)
    assert _test(residuals, 198.5) == (2, 199, 2 * 2 / 200)
    assert _test(residuals, 500.0) == (1, 199, 2 / 200)
    assert _test(residuals, -500.0) == (1, 199, 2 / 200)
    assert _test(residuals, 100.5) == (100, 199, 1.0)
    # An equal value counts against the event.
    assert _test(residuals, 199.0) == (2, 199, 2 * 2 / 200)


def _by_loop(residuals: Floats, car: float, length: int) -> float:
    sums = [residuals[i : i + length].sum() for i in range(len(residuals) - length + 1)]
    known = [one for one in sums if np.isfinite(one)]
    low = 1 + sum(one <= car for one in known)
    high = 1 + sum(one >= car for one in known)
    return min(1.0, 2 * min(low, high) / (len(known) + 1))


@quick
@given(st.integers(0, 10**6), st.integers(120, 260), st.integers(1, 11))
def test_windows_are_held_against_sums_of_consecutive_residuals(
    seed: int, days: int, length: int
) -> None:
    rng = np.random.default_rng(seed)
    residuals, car = rng.normal(0, 1, days), float(rng.normal(0, 2))
    residuals[rng.integers(0, days)] = np.nan
    window = Window(0, length - 1)
    _, n, p = _test(residuals, car, window)
    assert p == (
        _by_loop(residuals, car, length) if n >= 99 else pytest.approx(np.nan, nan_ok=True)
    )


def test_it_is_uniform_where_all_days_are_alike() -> None:
    """Exchangeable days: whatever the distribution, each rank is as likely as any other."""
    rng = np.random.default_rng(7)
    everything = rng.standard_t(3, (4_000, 200))
    found = sample_quantile(
        everything[:, :199], everything[:, 199:], np.ones((4_000, 1), dtype=np.int64), (DAY,)
    )
    for level in (0.01, 0.05, 0.1, 0.5):
        share = float((found.p <= level + 1e-12).mean())
        assert share == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 4_000))


@pytest.mark.parametrize(
    ("residuals", "car", "n_days"),
    [
        (np.arange(90.0), 1.0, 1),  # too few
        (np.arange(120.0), np.nan, 1),  # no CAR
        (np.arange(120.0), 1.0, 0),  # a day is missing
    ],
)
def test_what_cannot_be_tested_has_no_p(residuals: Floats, car: float, n_days: int) -> None:
    found = sample_quantile(residuals[None], np.array([[car]]), np.array([[n_days]]), (DAY,))
    assert np.isnan(found.p).all()


def test_a_window_longer_than_the_estimation() -> None:
    found = sample_quantile(np.zeros((1, 3)), np.array([[1.0]]), np.array([[5]]), (WEEK,))
    assert np.isnan(found.p).all()


def test_the_engine_ranks_its_own_residuals() -> None:
    spec = StudySpec(cars=(DAY, WEEK))
    one = run(noise(4), [1, 2], [280, 300], "market", spec)
    for row in range(2):
        for column, length in enumerate((1, 5)):
            expected = _by_loop(one.history[row, :250], one.car[row, column], length)
            assert one.sq_p[row, column] == pytest.approx(expected, abs=1e-15)
