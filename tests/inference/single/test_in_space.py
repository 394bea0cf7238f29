"""Placebo events of donors: against a slow way, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import noise, pool_of, run, slow_weights

from backtest.engine.arrays import Floats
from backtest.engine.estimates import Estimates
from backtest.engine.event_test import EventOutcome
from backtest.engine.pool import Pool
from backtest.engine.simplex_least_squares import SimplexFit
from backtest.inference.single import in_space as module
from backtest.inference.single.in_space import FEW, NOT_WEIGHED, PLACEBOS
from backtest.spec import StudySpec, Window

SECURITIES = 112
SPEC = StudySpec(
    estimation=Window(-60, -11),
    window=Window(-2, 2),
    cars=(Window(-2, 2), Window(0, 0), Window(0, 1)),
    min_obs=30,
)
ESTIMATION, EVENT = slice(240, 290), slice(298, 303)
"""The windows of an event at session 300."""


def fit(
    returns: Floats,
    rows: list[int] | None = None,
    days: list[int] | None = None,
    spec: StudySpec = SPEC,
    model: str = "synthetic",
    pool: Pool | None = None,
) -> Estimates:
    rows = rows or [1]
    days = days or [300] * len(rows)
    return run(returns, rows, days, model, spec, pool=pool, tests=("in_space",))


def answer(*given: object, **options: object) -> EventOutcome:
    return fit(*given, **options).tests["in_space"]  # type: ignore[arg-type]


def ratio(returns: Floats, row: int, donors: list[int], days: Floats | None = None) -> Floats:
    """Return CAR / s of each window of SPEC, over the days given of the event window."""
    weights = slow_weights(returns[row, ESTIMATION], returns[donors][:, ESTIMATION].T)
    errors = returns[row, ESTIMATION] - weights @ returns[donors][:, ESTIMATION]
    abnormal = returns[row, EVENT] - weights @ returns[donors][:, EVENT]
    abnormal = np.where(np.ones(5) if days is None else days, abnormal, 0.0)
    cars = [abnormal[car.start + 2 : car.end + 3].sum() for car in SPEC.cars]
    free = (weights > 1e-12).sum() - 1
    return np.array(cars) / np.sqrt((errors**2).sum() / (len(errors) - free))


def slow_p(returns: Floats, row: int, donors: list[int], days: Floats | None = None) -> Floats:
    own = ratio(returns, row, donors, days)
    placebo = [ratio(returns, one, [x for x in donors if x != one], days) for one in donors]
    beyond = (np.abs(placebo) >= np.abs(own)).sum(axis=0)
    return (1 + beyond) / (1 + len(donors))


def test_every_donor_is_fitted_on_the_others() -> None:
    returns = noise(1, SECURITIES)
    returns[1, 300] += 0.03
    donors = list(range(2, SECURITIES))
    told = answer(returns)
    assert told.n.tolist() == [[110, 110, 110]]
    np.testing.assert_allclose(told.p[0], slow_p(returns, 1, donors), rtol=1e-12)
    np.testing.assert_allclose(told.statistic[0], ratio(returns, 1, donors), rtol=1e-7)
    assert told.reason.tolist() == [[None] * 3]


def test_a_large_effect_is_the_most_extreme() -> None:
    returns = noise(2, SECURITIES)
    returns[1, 300] -= 0.5
    told = answer(returns)
    assert told.p.tolist() == [[pytest.approx(1 / 111)] * 3]
    assert (told.statistic < 0).all()


def test_a_shock_to_all_is_nobodys() -> None:
    returns = noise(3, SECURITIES)
    before = answer(returns)
    returns[1:, 300] += 0.4
    np.testing.assert_array_equal(answer(returns).p, before.p)


def test_days_that_the_event_lacks_are_left_out_of_the_placebos_too() -> None:
    returns = noise(4, SECURITIES)
    returns[1, 301] = np.nan
    strict = answer(returns)
    assert np.isfinite(strict.p).tolist() == [[False, True, False]]
    assert strict.reason.tolist() == [[None] * 3]
    lenient = StudySpec(
        estimation=SPEC.estimation,
        window=SPEC.window,
        cars=SPEC.cars,
        min_obs=SPEC.min_obs,
        missing="lenient",
    )
    there = np.array([1, 1, 1, 0, 1])
    filled = np.where(np.isnan(returns), 0.0, returns)
    expected = slow_p(filled, 1, list(range(2, SECURITIES)), there)
    np.testing.assert_allclose(answer(returns, spec=lenient).p[0], expected, rtol=1e-12)


def test_who_has_an_event_or_moves_with_it_is_no_placebo() -> None:
    returns = noise(5, SECURITIES)
    returns[9] = 2 * returns[1] + np.random.default_rng(5).normal(0, 5e-4, returns.shape[1])
    pool = pool_of(SECURITIES, rows=[3, 1], days=[301, 300], events=[1, 0])
    donors = [row for row in range(2, SECURITIES) if row not in (3, 9)]
    told = answer(returns, pool=pool)
    assert told.n.tolist() == [[len(donors)] * 3]
    np.testing.assert_allclose(told.p[0], slow_p(returns, 1, donors), rtol=1e-12)


def test_one_security_under_two_names_counts_once() -> None:
    """Each is no donor of the other, and as placebos they are equal."""
    returns = noise(6, SECURITIES)
    twice = np.vstack([returns, returns[20:23]])
    one, other = answer(returns), answer(twice)
    np.testing.assert_array_equal(one.n, other.n)
    np.testing.assert_allclose(one.p, other.p, rtol=1e-12)


def test_of_many_donors_some_are_drawn_by_their_number_alone() -> None:
    returns = noise(7, 240)
    told = answer(returns)
    assert told.n.tolist() == [[PLACEBOS] * 3]
    order = np.random.default_rng(0).permutation(np.arange(1, 240))
    shuffled = returns[[0, *order]]
    again = answer(shuffled, rows=[1 + order.tolist().index(1)])
    for name in ("n", "statistic", "p"):
        np.testing.assert_array_equal(getattr(told, name), getattr(again, name))


def test_events_of_one_day_are_each_alone_bit_by_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """They share fits; one has a fund that moves with it, which the others may weigh."""
    returns = noise(8, SECURITIES)
    small = np.random.default_rng(8).normal(0, 5e-4, returns.shape[1])
    returns[9] = returns[1] + small
    returns[4, 250] = np.nan
    rows, days = [1, 2, 3, 4, 1], [300, 300, 300, 300, 310]
    pool = pool_of(SECURITIES, rows=[1, 2, 3, 4], days=[300] * 4, events=[0, 1, 2, 3])
    together = answer(returns, rows, days, pool=pool)
    fitted: list[int] = []

    def spy(*given: object) -> list[SimplexFit]:
        found = list(real(*given))  # type: ignore[arg-type]
        fitted.append(len(found))
        return found

    real = module.simplex_fits
    for place, (row, day) in enumerate(zip(rows, days, strict=True)):
        alone = answer(returns, [row], [day], pool=pool)
        for name in ("n", "statistic", "p"):
            mine, other = getattr(together, name)[place], getattr(alone, name)[0]
            np.testing.assert_array_equal(mine, other)
    monkeypatch.setattr(module, "simplex_fits", spy)
    answer(returns, [2, 3], pool=pool)
    assert fitted == [107]


def test_dropping_a_donor_is_fitting_without_it() -> None:
    """The one placebo of a pair that had weight on it is fitted again."""
    returns = noise(9, SECURITIES)
    returns[9] = returns[1] + np.random.default_rng(9).normal(0, 5e-4, returns.shape[1])
    donors = [row for row in range(2, SECURITIES) if row != 9]
    np.testing.assert_allclose(answer(returns).p[0], slow_p(returns, 1, donors), rtol=1e-12)


def test_too_few_donors_are_a_reason() -> None:
    told = answer(noise(10, 100))
    assert told.reason.tolist() == [[FEW] * 3]
    assert told.n.tolist() == [[98] * 3]
    assert np.isnan(told.p).all()
    assert np.isnan(told.statistic).all()


@pytest.mark.parametrize("model", ["market", "matched"])
def test_models_without_weights_are_a_reason(model: str) -> None:
    told = answer(noise(11, 40), model=model)
    assert told.reason.tolist() == [[NOT_WEIGHED] * 3]
    assert np.isnan(told.p).all()


def test_what_the_study_excludes_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: object) -> None:
        raise AssertionError(given)

    monkeypatch.setattr(module, "simplex_fits", never)
    returns = noise(12, SECURITIES)
    returns[1, 240:275] = np.nan
    assert np.isnan(answer(returns).p).all()
