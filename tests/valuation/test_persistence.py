"""Persistence: the arithmetic by hand, and the placebo band against simulated forecasts."""

from __future__ import annotations

import numpy as np
import pytest

from backtest.valuation.persistence import FEWEST, persistence, placebo_sums

NO_BAND = np.full((1, 10), np.nan)


def test_by_hand() -> None:
    abnormal = np.array([[0.20, -0.05, 0.01, -0.10]])
    found = persistence(abnormal, np.array([0.02]), np.array([[0, 1, 3, 9, -1]]), NO_BAND)
    np.testing.assert_allclose(found.car[0], [0.20, 0.15, 0.06, np.nan, np.nan])
    np.testing.assert_allclose(found.share[0], [1.0, 0.75, 0.3, np.nan, np.nan])
    assert np.isnan(found.low).all()
    assert np.isnan(found.p).all()


def test_a_loss_has_a_share_too_and_noise_has_none() -> None:
    abnormal = np.array([[-0.10, 0.04], [0.01, 0.5]])
    found = persistence(
        abnormal, np.array([0.02, 0.02]), np.array([[1], [1]]), NO_BAND.repeat(2, 0)
    )
    assert found.share[0, 0] == pytest.approx(0.6)
    assert np.isnan(found.share[1, 0])
    assert found.car[1, 0] == pytest.approx(0.51)


def test_a_missing_day_ends_the_path_unless_lenient() -> None:
    abnormal = np.array([[0.1, np.nan, 0.1, np.nan]])
    horizons = np.array([[0, 1, 2, 3]])
    strict = persistence(abnormal, np.array([0.01]), horizons, NO_BAND)
    lenient = persistence(abnormal, np.array([0.01]), horizons, NO_BAND, lenient=True)
    np.testing.assert_allclose(strict.car[0], [0.1, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(lenient.car[0], [0.1, 0.1, 0.2, np.nan])
    assert np.isnan(
        persistence(abnormal[:, 1:], np.array([0.01]), horizons[:, :2], NO_BAND, lenient=True).car
    ).all()


def test_sums_are_of_the_window_s_sessions_and_longer_ones_go_on_from_shorter() -> None:
    residuals = np.where(np.arange(100) % 2, 1.0, np.nan)[None, :]
    found = placebo_sums(residuals, np.array([[0, 3, -1]]), 20)[0]
    np.testing.assert_allclose(found[:, 0], 0.0)
    np.testing.assert_allclose(found[:, 1], 3.0 * np.sqrt(1 + 3 / 50))
    assert np.isnan(found[:, 2]).all()


def test_too_few_sessions_give_no_band() -> None:
    few = np.where(np.arange(100) < FEWEST - 1, 1.0, np.nan)[None, :]
    assert np.isnan(placebo_sums(few, np.array([[1]]), 5)).all()


def test_the_band_covers_what_it_says_of_forecasts() -> None:
    """Fitted lines and what really followed: 90 % of the CARs lie inside, at 5 and 60 sessions."""
    rng = np.random.default_rng(1)
    count, size, after = 1_500, 250, 60
    market = rng.normal(0.0, 0.01, (count, size + 1 + after))
    returns = 0.0005 + 1.2 * market + rng.normal(0.0, 0.02, market.shape)
    x, y = market[:, :size], returns[:, :size]
    centred = x - x.mean(1, keepdims=True)
    beta = (centred * y).sum(1) / (centred**2).sum(1)
    alpha = y.mean(1) - beta * x.mean(1)
    residuals = returns - alpha[:, None] - beta[:, None] * market
    abnormal = residuals[:, size:]
    horizons = np.tile([5, after], (count, 1))
    found = persistence(abnormal, np.full(count, 0.02), horizons, residuals[:, :size], draws=199)
    inside = ((found.low <= found.car) & (found.car <= found.high)).mean(axis=0)
    assert inside == pytest.approx([0.9, 0.9], abs=0.03)
    low, high = found.shares_of(abnormal[:, 0])
    known = np.isfinite(found.share)
    assert (low[known] <= high[known]).all()
    assert np.isnan(low[~known]).all()


def test_the_same_seed_gives_the_same_band() -> None:
    rng = np.random.default_rng(3)
    arguments = (rng.normal(size=(2, 30)), np.ones(2), np.array([[1, 20], [5, 29]]))
    residuals = rng.normal(size=(2, 250))
    one, two = (persistence(*arguments, residuals) for _ in range(2))
    np.testing.assert_array_equal(one.low, two.low)
    np.testing.assert_array_equal(one.p, two.p)
    assert (one.p > 0).all()
    assert (one.p <= 1).all()
