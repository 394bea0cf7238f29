"""Synthetic controls: the portfolio, its freedom and its errors, each against a slow way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import noise, pool_of, quick, run, slow_weights

from backtest.engine import simplex_least_squares as kernel
from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import COLLINEAR, NO_VARIANCE, TOO_FEW
from backtest.engine.estimates import Estimates
from backtest.engine.pool import Pool
from backtest.models.synthetic import NO_DONORS, NO_PEERS, UNCERTIFIED
from backtest.spec import StudySpec, Window

ESTIMATION, EVENT = slice(40, 290), slice(290, 311)
"""The default windows of an event at session 300."""

SECURITIES = 30


def fit(returns: Floats, pool: Pool | None = None, row: int = 1, day: int = 300) -> Estimates:
    return run(returns, [row], [day], "synthetic", pool=pool)


def others(*without: int) -> list[int]:
    return [row for row in range(1, SECURITIES) if row not in without]


def assert_portfolio(one: Estimates, returns: Floats, rows: list[int], place: int = 0) -> Floats:
    """Assert that an event of security 1 is held against the best portfolio of some others."""
    weights = slow_weights(returns[1, ESTIMATION], returns[rows][:, ESTIMATION].T)
    np.testing.assert_allclose(one.expected[place], weights @ returns[rows, EVENT], atol=1e-9)
    assert one.coefficients["candidates"][place] == len(rows)
    return weights


def first_reason(one: Estimates) -> str:
    return next(reason for reason, where in one.unusable.items() if where[0])


@quick
@given(seed=st.integers(0, 999))
def test_the_nearest_portfolio_of_all_the_others(seed: int) -> None:
    returns = noise(seed, SECURITIES)
    one = fit(returns)
    weights = assert_portfolio(one, returns, others(1))
    errors = returns[1, ESTIMATION] - weights @ returns[others(1), ESTIMATION]
    np.testing.assert_allclose(one.history[0, :250], errors, atol=1e-9)
    told = {name: values[0] for name, values in one.coefficients.items()}
    assert told["donors"] == (weights > 0).sum()
    assert told["largest_weight"] == pytest.approx(weights.max(), abs=1e-8)
    assert told["rmse"] == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-9)
    assert 0 <= told["kkt_gap"] <= 1e-10
    own = returns[1, ESTIMATION]
    assert one.r_squared[0] == pytest.approx(1 - (errors**2).sum() / (own.var() * 250), rel=1e-7)


@quick
@given(seed=st.integers(0, 999))
def test_its_errors_are_those_of_least_squares_on_the_donors_with_weight(seed: int) -> None:
    """In the literal formula of METHODS §4, Z being differences to the first of those donors."""
    returns = noise(seed, SECURITIES)
    one = fit(returns)
    rows = others(1)
    weights = slow_weights(returns[1, ESTIMATION], returns[rows][:, ESTIMATION].T)
    held = np.array(rows)[weights > 0]
    past = (returns[held[1:]] - returns[held[0]])[:, ESTIMATION].T
    ahead = (returns[held[1:]] - returns[held[0]])[:, EVENT].T
    errors = returns[1, ESTIMATION] - weights @ returns[rows, ESTIMATION]
    variance = (errors**2).sum() / (250 - len(held) + 1)
    assert (one.n_obs[0], one.dof[0]) == (250, 250 - len(held) + 1)
    assert one.sigma[0] == pytest.approx(np.sqrt(variance), rel=1e-8)
    inverse = np.linalg.inv(past.T @ past)
    daily = np.sqrt(variance * (1 + np.einsum("lk,kj,lj->l", ahead, inverse, ahead)))
    np.testing.assert_allclose(one.std_error[0], daily, rtol=1e-7)
    for place, car in enumerate(StudySpec().cars):
        q = ahead[car.start + 10 : car.end + 11].sum(axis=0)
        assert one.car_error[0, place] == pytest.approx(
            np.sqrt(variance * (len(car) + q @ inverse @ q)), rel=1e-7
        )


def test_more_donors_than_days_of_the_event_window_cost_no_room() -> None:
    """The design is turned into as many columns as there are days; 17 donors, 3 days."""
    returns = noise(1, 60)
    spec = StudySpec(window=Window(-1, 1), cars=(Window(-1, 1),))
    one, whole = run(returns, [1], [300], "synthetic", spec), fit(returns)
    assert one.coefficients["donors"][0] > 10
    np.testing.assert_allclose(one.std_error[0], whole.std_error[0, 9:12], rtol=1e-12)
    np.testing.assert_allclose(one.car_error[0, 0], whole.car_error[0, 1], rtol=1e-12)


def test_a_portfolio_of_others_is_found() -> None:
    """A quarter, a half, a quarter and noise of a basis point; the event stands out whole."""
    returns = noise(2, SECURITIES)
    rng = np.random.default_rng(2)
    returns[1] = [0.25, 0.5, 0.25] @ returns[5:8] + rng.normal(0.0, 1e-4, returns.shape[1])
    returns[1, 300] += 0.07
    one = fit(returns)
    assert one.abnormal[0, 10] == pytest.approx(0.07, abs=5e-4)
    assert one.coefficients["largest_weight"][0] == pytest.approx(0.5, abs=0.01)
    assert one.sigma[0] == pytest.approx(1e-4, rel=0.2)


def test_the_rules_of_who_may_be_compared_are_those_of_matched_controls() -> None:
    returns = noise(3, SECURITIES)
    returns[9, 40] = np.nan
    returns[10, 310] = np.nan
    returns[11, 39] = np.nan  # outside of the windows
    returns[12] = 0.0
    pool = pool_of(
        SECURITIES,
        rows=[3, 1, 4, 5, 6],
        days=[280, 300, 320, 321, 390],
        events=[1, 0, 2, 3, 0],
    )
    small = np.random.default_rng(3).normal(0.0, 0.0005, (2, returns.shape[1]))
    funds = np.stack([2 * returns[1] + small[0], -3 * returns[0] + small[1]])
    everything = np.vstack([returns, funds])
    sector = np.full(len(everything), -1)
    wider = Pool(
        np.arange(len(everything)) > 0,
        None,
        sector,
        rows=pool.rows,
        days=pool.days,
        events=pool.events,
    )
    one = fit(everything, wider)
    assert_portfolio(one, returns, others(1, 3, 4, 6, 9, 10, 12))


def test_donors_of_its_own_sector() -> None:
    returns = noise(4, SECURITIES)
    sector: Ints = np.arange(SECURITIES) % 3
    one = fit(returns, pool_of(SECURITIES, None, sector))
    assert_portfolio(one, returns, [row for row in others(1) if row % 3 == 1])
    sector[2:] = 0
    assert first_reason(fit(returns, pool_of(SECURITIES, None, sector))) == NO_PEERS


def test_missing_days_are_left_out_of_the_fit() -> None:
    returns = noise(5, SECURITIES)
    gaps = returns.copy()
    gaps[1, 60:80] = np.nan
    gaps[:, 200] = np.nan
    gaps[:, 305:] = np.nan
    one = fit(gaps)
    days = np.setdiff1d(np.arange(40, 290), [*range(60, 80), 200])
    weights = slow_weights(returns[1, days], returns[2:, days].T)
    np.testing.assert_allclose(
        one.expected[0, :15], weights @ returns[2:, 290:305], rtol=0, atol=1e-9
    )
    assert one.n_obs[0] == 229
    assert np.isnan(one.abnormal[0, 15:]).all()
    assert np.isfinite(one.std_error[0, :15]).all()


def test_events_of_one_day_are_each_alone_bit_by_bit() -> None:
    returns = noise(6, SECURITIES)
    returns[3, 100] = np.nan
    rows, days = [1, 2, 3, 1, 4], [300, 300, 300, 310, 310]
    together = run(returns, rows, days, "synthetic")
    for place, (row, day) in enumerate(zip(rows, days, strict=True)):
        alone = run(returns, [row], [day], "synthetic")
        for name in ("expected", "std_error", "car_error", "sigma", "history"):
            np.testing.assert_array_equal(getattr(together, name)[place], getattr(alone, name)[0])


@quick
@given(seed=st.integers(0, 99), order=st.permutations(range(1, SECURITIES)))
def test_the_order_of_the_pool_does_not_matter_to_the_last_bit(seed: int, order: list[int]) -> None:
    returns = noise(seed, SECURITIES)
    one, other = fit(returns), fit(returns[[0, *order]], row=1 + order.index(1))
    np.testing.assert_array_equal(one.expected, other.expected)
    np.testing.assert_array_equal(one.std_error, other.std_error)


def test_the_event_window_decides_nothing() -> None:
    returns = noise(7, SECURITIES)
    moved = returns.copy()
    moved[:, EVENT] = np.random.default_rng(1).normal(0.0, 0.1, moved[:, EVENT].shape)
    one, other = fit(returns), fit(moved)
    np.testing.assert_array_equal(one.history[:, :250], other.history[:, :250])
    assert not np.array_equal(one.abnormal, other.abnormal)


def test_a_common_shock_is_not_abnormal() -> None:
    returns = noise(8, SECURITIES)
    before = fit(returns)
    returns[1:, EVENT] += 0.03
    np.testing.assert_allclose(fit(returns).abnormal, before.abnormal, rtol=0, atol=1e-12)


@pytest.mark.parametrize("securities", [2, 3])
def test_fewer_than_two_donors_are_a_reason(securities: int) -> None:
    one = fit(noise(9, securities))
    assert first_reason(one) == NO_DONORS
    assert one.n_obs.tolist() == [250]
    assert np.isnan(one.abnormal).all()
    assert np.isnan(one.sigma).all()
    assert one.coefficients["candidates"].tolist() == [securities - 2]


def test_what_does_not_move_is_a_reason() -> None:
    """The market, the security itself, or what is left of it after the portfolio."""
    returns = noise(10, SECURITIES)
    still = returns.copy()
    still[0] = 0.0
    assert first_reason(fit(still)) == COLLINEAR
    still = returns.copy()
    still[1] = 0.0
    one = fit(still)
    assert first_reason(one) == NO_VARIANCE
    assert np.isnan(one.sar).all()
    exact = returns.copy()
    exact[1] = 0.5 * (returns[2] + returns[3])
    assert first_reason(fit(exact)) == NO_VARIANCE


def test_as_many_donors_as_days_are_a_reason() -> None:
    """Within the hull of 800 donors on 6 days every security lies: nothing is left to judge by."""
    returns = noise(11, 800)
    spec = StudySpec(estimation=Window(-16, -11), min_obs=5)
    one = run(0.2 * returns, [1], [300], "synthetic", spec)
    assert one.coefficients["donors"][0] >= 6
    assert first_reason(one) in {TOO_FEW, NO_VARIANCE}
    assert np.isnan(one.scar).all()
    assert not np.isinf(one.std_error).any()


def test_no_certificate_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_PRICINGS", 0)
    assert first_reason(fit(noise(12, SECURITIES))) == UNCERTIFIED
