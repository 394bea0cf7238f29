"""Shifts of time: against a slow way, and where they are exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import noise, pool_of, quick, run, slow_weights

from backtest.engine import simplex_least_squares as kernel
from backtest.engine.arrays import Floats
from backtest.engine.event_test import EventOutcome
from backtest.engine.pool import Pool
from backtest.inference.single.conformal import FEW, UNCERTAIN
from backtest.inference.single.in_space import NOT_WEIGHED
from backtest.spec import StudySpec, Window

SECURITIES = 20
ESTIMATION, EVENT = slice(40, 290), slice(290, 311)
"""The default windows of an event at session 300."""


def answer(
    returns: Floats,
    rows: list[int] | None = None,
    days: list[int] | None = None,
    spec: StudySpec | None = None,
    model: str = "synthetic",
    pool: Pool | None = None,
) -> EventOutcome:
    rows = rows or [1]
    days = days or [300] * len(rows)
    one = run(returns, rows, days, model, spec, pool=pool, tests=("conformal",))
    return one.tests["conformal"]


def slow(returns: Floats, days: list[int], length: int) -> tuple[float, float]:
    """Return statistic and p of the last days of some, in the words of the paper."""
    y, X = returns[1, days], returns[2:, days].T
    residuals = y - X @ slow_weights(y, X)
    shifted = [np.roll(residuals, shift)[-length:].sum() for shift in range(len(days))]
    value = shifted[0] / np.sqrt(length)
    return value, float(np.mean(np.abs(shifted) >= abs(shifted[0]) * (1 - 1e-9)))


@quick
@given(seed=st.integers(0, 999), effect=st.sampled_from((0.0, 0.02, -0.08)))
def test_the_window_is_fitted_and_shifted_with_the_days_before(seed: int, effect: float) -> None:
    returns = noise(seed, SECURITIES)
    returns[1, 300] += effect
    told = answer(returns)
    for column, car in enumerate(StudySpec().cars):
        days = [*range(40, 290), *range(300 + car.start, 301 + car.end)]
        value, p = slow(returns, days, len(car))
        assert told.statistic[0, column] == pytest.approx(value, abs=1e-9)
        assert told.p[0, column] == pytest.approx(p, rel=1e-12)
        assert told.n[0, column] == len(days) - 1


@pytest.mark.parametrize("length", [1, 3])
def test_exact_over_all_shifts_of_the_data(length: int) -> None:
    """Each day of a ring is once the event: the p of one-day windows are 1/T, 2/T, …, 1, once each.

    Those of longer windows are too, for no two sums are equal.
    """
    size = 101 + length
    returns = noise(1, SECURITIES, size)
    spec = StudySpec(
        estimation=Window(length - size, -1),
        window=Window(0, length - 1),
        cars=(Window(0, length - 1),),
        min_obs=50,
    )
    p = [
        answer(np.roll(returns, shift, axis=1), days=[size - length], spec=spec).p[0, 0]
        for shift in range(size)
    ]
    np.testing.assert_allclose(np.sort(p), np.arange(1, size + 1) / size, rtol=1e-12)


def test_a_large_effect_is_the_most_extreme_day() -> None:
    returns = noise(2, SECURITIES)
    returns[1, 300] += 0.5
    told = answer(returns)
    day = StudySpec().cars.index(Window(0, 0))
    assert told.p[0, day] == pytest.approx(1 / 251)
    assert told.statistic[0, day] > 0.4


def test_other_days_of_the_event_window_do_not_matter() -> None:
    returns = noise(3, SECURITIES)
    moved = returns.copy()
    moved[1:, 290:300] += 0.3
    moved[1, 301:311] -= 0.3
    day = StudySpec().cars.index(Window(0, 0))
    one, other = answer(returns), answer(moved)
    assert one.p[0, day] == other.p[0, day]
    assert one.statistic[0, day] == other.statistic[0, day]


def test_missing_days() -> None:
    """Of the estimation window, of the event, and a donor's where the market has none either."""
    returns = noise(4, SECURITIES)
    returns[1, 60:80] = np.nan
    returns[1, 302] = np.nan
    spec = StudySpec(cars=(Window(0, 0), Window(0, 5)), missing="lenient")
    before = [*range(40, 60), *range(80, 290)]
    told = answer(returns, spec=spec)
    for column, days in enumerate(([300], [300, 301, 303, 304, 305])):
        value, p = slow(returns, [*before, *days], len(days))
        assert told.statistic[0, column] == pytest.approx(value, abs=1e-9)
        assert told.p[0, column] == pytest.approx(p, rel=1e-12)
    strict = answer(returns, spec=StudySpec(cars=(Window(0, 0), Window(0, 5))))
    assert np.isfinite(strict.p).tolist() == [[True, False]]
    assert strict.reason.tolist() == [[None, None]]


def test_events_of_one_day_are_each_alone_bit_by_bit() -> None:
    returns = noise(5, SECURITIES)
    returns[3, 100] = np.nan
    returns[4, 302] = np.nan
    rows, days = [1, 2, 3, 4, 1], [300, 300, 300, 300, 310]
    pool = pool_of(SECURITIES, rows=[1, 2], days=[300, 300], events=[0, 0])
    together = answer(returns, rows, days, pool=pool)
    for place, (row, day) in enumerate(zip(rows, days, strict=True)):
        alone = answer(returns, [row], [day], pool=pool)
        for name in ("n", "statistic", "p"):
            mine, other = getattr(together, name)[place], getattr(alone, name)[0]
            np.testing.assert_array_equal(mine, other)


def test_few_sessions_are_a_reason() -> None:
    spec = StudySpec(estimation=Window(-90, -11), min_obs=50, cars=(Window(0, 0),))
    told = answer(noise(6, SECURITIES), spec=spec)
    assert told.reason.tolist() == [[FEW]]
    assert np.isnan(told.p).all()


def test_no_certificate_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's own fit has one; those of the test have not."""
    from backtest.inference.single import conformal as module

    def unproved(*given: object) -> list[kernel.SimplexFit]:
        return [
            kernel.SimplexFit(one.weights, one.objective, 1.0, 1.0, 1)
            for one in kernel.simplex_fits(*given)  # type: ignore[arg-type]
        ]

    monkeypatch.setattr(module, "simplex_fits", unproved)
    told = answer(noise(7, SECURITIES))
    assert set(told.reason.ravel()) == {UNCERTAIN}
    assert np.isnan(told.p).all()


@pytest.mark.parametrize("model", ["market", "matched"])
def test_models_without_weights_are_a_reason(model: str) -> None:
    assert set(answer(noise(8, 30), model=model).reason.ravel()) == {NOT_WEIGHED}
