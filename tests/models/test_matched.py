"""Matched controls: each rule on its own, and the whole against a slow loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import noise, pool_of, quick, run

from backtest.engine.arrays import Floats
from backtest.engine.block import COLLINEAR
from backtest.engine.estimates import Estimates
from backtest.engine.pool import Pool
from backtest.models.matched import CONTROLS, NO_CONTROLS

ESTIMATION, EVENT = slice(40, 290), slice(290, 311)
"""The default windows of an event at session 300."""

SECURITIES = 40


def fit(returns: Floats, pool: Pool | None = None, row: int = 1, day: int = 300) -> Estimates:
    return run(returns, [row], [day], "matched", pool=pool)


def betas(returns: Floats) -> Floats:
    return np.array([np.polyfit(returns[0, ESTIMATION], y, 1)[0] for y in returns[:, ESTIMATION]])


def nearest(distance: Floats, allowed: list[int]) -> list[int]:
    return sorted(allowed, key=lambda row: (distance[row], row))[:CONTROLS]


def assert_controls(one: Estimates, returns: Floats, rows: list[int], place: int = 0) -> None:
    np.testing.assert_allclose(one.expected[place], returns[rows, EVENT].mean(axis=0), atol=1e-15)
    assert one.coefficients["controls"][place] == len(rows)


def others(*without: int) -> list[int]:
    return [row for row in range(1, SECURITIES) if row not in without]


@quick
@given(seed=st.integers(0, 999))
def test_the_ten_nearest_in_beta(seed: int) -> None:
    returns = noise(seed, SECURITIES)
    one = fit(returns)
    away = np.abs(betas(returns) - betas(returns)[1])
    rows = nearest(away, others(1))
    assert_controls(one, returns, rows)
    assert one.coefficients["beta"][0] == pytest.approx(betas(returns)[1], rel=1e-9)
    assert one.coefficients["beta_distance"][0] == pytest.approx(away[rows].mean(), rel=1e-7)
    assert np.isnan(one.coefficients["log_size_distance"][0])


def test_its_variance_is_that_of_the_difference() -> None:
    """As of the market-adjusted return: s² = Σ (AR − mean AR)² / (M − 1), nothing added."""
    returns = noise(3, SECURITIES)
    one = fit(returns)
    rows = nearest(np.abs(betas(returns) - betas(returns)[1]), others(1))
    residuals = returns[1, ESTIMATION] - returns[rows, ESTIMATION].mean(axis=0)
    assert one.sigma[0] == pytest.approx(residuals.std(ddof=1), rel=1e-12)
    np.testing.assert_allclose(one.history[0, :250], residuals, atol=1e-15)
    np.testing.assert_array_equal(one.std_error[0], np.repeat(one.sigma, 21))
    assert (one.n_obs[0], one.dof[0]) == (250, 249)


@quick
@given(seed=st.integers(0, 999))
def test_size_counts_where_both_are_known(seed: int) -> None:
    """Gower (1971): the mean of what can be compared, each over its spread among candidates."""
    returns = noise(seed, SECURITIES)
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(SECURITIES) < 0.3, np.nan, rng.normal(24.0, 1.5, SECURITIES))
    size[1] = 25.0
    sizes = np.full(returns.shape, -99.0)
    sizes[:, 289] = size  # the session before the event window, and no other
    one = fit(returns, pool_of(SECURITIES, sizes))
    slopes = betas(returns)
    away = np.abs(slopes - slopes[1]) / slopes[1:].std(ddof=1)
    apart = np.abs(size - size[1]) / np.nanstd(size[1:], ddof=1)
    distance = np.where(np.isnan(apart), away, (away + apart) / 2)
    rows = nearest(distance, others(1))
    assert_controls(one, returns, rows)
    known = np.abs(size[rows] - 25.0)
    assert one.coefficients["log_size_distance"][0] == pytest.approx(np.nanmean(known), rel=1e-9)


def test_a_security_of_unknown_size_is_matched_by_beta() -> None:
    returns = noise(4, SECURITIES)
    sizes = np.random.default_rng(4).normal(24.0, 1.5, returns.shape)
    sizes[1] = np.nan
    plain, sized = fit(returns), fit(returns, pool_of(SECURITIES, sizes))
    np.testing.assert_array_equal(plain.expected, sized.expected)


def test_the_event_s_parties_and_who_has_one_nearby_are_barred() -> None:
    """Windows of 21 sessions share one if their events are up to 20 sessions apart."""
    returns = noise(5, SECURITIES)
    slopes = betas(returns)
    order = nearest(np.abs(slopes - slopes[1]), others(1))
    party, near, after, far = order[:4]
    pool = pool_of(
        SECURITIES,
        rows=[near, 1, after, far, party],
        days=[280, 300, 320, 321, 390],
        events=[1, 0, 2, 3, 0],
    )
    assert_controls(
        fit(returns, pool),
        returns,
        nearest(np.abs(slopes - slopes[1]), others(1, party, near, after)),
    )


def test_who_has_no_complete_data_is_no_control() -> None:
    returns = noise(6, SECURITIES)
    slopes = betas(returns)
    order = nearest(np.abs(slopes - slopes[1]), others(1))
    early, late, before, standing = order[:4]
    returns[early, 40] = np.nan
    returns[late, 310] = np.nan
    returns[before, 39] = np.nan  # outside of the windows
    returns[standing] = 0.0
    rows = nearest(np.abs(slopes - slopes[1]), others(1, early, late, standing))
    assert before in rows
    assert_controls(fit(returns), returns, rows)


def test_days_without_a_market_return_ask_nothing_of_a_control() -> None:
    returns = noise(7, SECURITIES)
    returns[:, 100] = np.nan
    returns[:, 305:] = np.nan
    one = fit(returns)
    assert one.coefficients["controls"][0] == CONTROLS
    assert one.n_obs[0] == 249
    assert np.isfinite(one.abnormal[0]).sum() == 15


@pytest.mark.parametrize("leverage", [1.0, 2.0, -1.0, -3.0])
def test_funds_of_the_security_or_of_the_market_are_no_controls(leverage: float) -> None:
    """A leveraged fund of the security itself would match it away; its inverse as well."""
    returns = noise(8, SECURITIES)
    plain = fit(returns)
    rng = np.random.default_rng(8)
    small = rng.normal(0.0, 0.0005, (2, returns.shape[1]))
    funds = np.stack([leverage * returns[1] + small[0], leverage * returns[0] + small[1]])
    np.testing.assert_array_equal(fit(np.vstack([returns, funds])).expected, plain.expected)


def test_the_benchmark_is_no_control() -> None:
    returns = noise(9, 3)
    one = fit(returns)
    assert_controls(one, returns, [2])


def test_without_controls_there_is_a_reason() -> None:
    returns = noise(10, 3)
    one = fit(returns, pool_of(3, rows=[1, 2], days=[300, 300], events=[0, 0]))
    assert one.unusable[NO_CONTROLS].tolist() == [True]
    assert next(reason for reason, where in one.unusable.items() if where[0]) == NO_CONTROLS
    assert one.n_obs.tolist() == [250]
    assert np.isnan(one.abnormal).all()
    assert np.isnan(one.sigma).all()


def test_a_market_that_stands_still_is_a_reason() -> None:
    returns = noise(11, SECURITIES)
    returns[0] = 0.0
    one = fit(returns)
    assert next(reason for reason, where in one.unusable.items() if where[0]) == COLLINEAR


@quick
@given(seed=st.integers(0, 99), order=st.permutations(range(1, SECURITIES)))
def test_the_order_of_the_pool_does_not_matter(seed: int, order: list[int]) -> None:
    returns = noise(seed, SECURITIES)
    shuffled = returns[[0, *order]]
    one, other = fit(returns), fit(shuffled, row=1 + order.index(1))
    np.testing.assert_allclose(one.expected, other.expected, rtol=0, atol=1e-15)


def test_the_event_window_decides_nothing() -> None:
    returns = noise(12, SECURITIES)
    moved = returns.copy()
    moved[:, EVENT] = np.random.default_rng(1).normal(0.0, 0.1, moved[:, EVENT].shape)
    one, other = fit(returns), fit(moved)
    np.testing.assert_array_equal(one.history[:, :250], other.history[:, :250])
    assert not np.array_equal(one.abnormal, other.abnormal)


def test_a_common_shock_is_not_abnormal() -> None:
    """Barber & Lyon's reason for controls: what hits all securities alike cancels out."""
    returns = noise(13, SECURITIES)
    before = fit(returns)
    returns[1:, EVENT] += 0.03
    np.testing.assert_allclose(fit(returns).abnormal, before.abnormal, rtol=0, atol=1e-15)
