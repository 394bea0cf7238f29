"""Corwin–Schultz and Abdi–Ranaldo: worked by hand, by loops, simulated, and blind to the future."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.engine.arrays import Floats
from backtest.strategy.abdi_ranaldo import abdi_ranaldo, two_day_square
from backtest.strategy.corwin_schultz import corwin_schultz, two_day_spread

Estimator = Callable[..., Floats]
BOTH = [corwin_schultz, abdi_ranaldo]


def row(*values: float) -> Floats:
    return np.array([values])


def simulated(spread: float, *, sessions: int = 400, securities: int = 20, night: float = 0.0):
    """SIMULATED bars: 390 trades a session at a random walk ± half the spread, 2 % a day."""
    rng = np.random.default_rng(int(1e6 * (spread + night)) + 1)
    shape = (securities, sessions, 390)
    steps = rng.normal(0.0, 0.02 / np.sqrt(390), shape)
    steps[:, :, 0] += rng.normal(0.0, night, shape[:2]) if night else 0.0
    path = np.exp(np.cumsum(steps.reshape(securities, -1), axis=1)).reshape(shape)
    prices = path * (1.0 + spread / 2.0 * rng.choice([-1.0, 1.0], shape))
    return prices.max(axis=2), prices.min(axis=2), prices[:, :, -1]


def test_two_day_spread_by_hand() -> None:
    """Highs 104 and 103, lows 100 and 101, no gap; every step with a pocket calculator."""
    one, two = math.log(104 / 100) ** 2, math.log(103 / 101) ** 2
    beta, gamma = one + two, math.log(104 / 100) ** 2
    assert (beta, gamma) == (
        pytest.approx(0.00192276, abs=5e-9),
        pytest.approx(0.00153826, abs=5e-9),
    )
    # As 3 − 2√2 = (√2 − 1)², α is (√β − √γ)(1 + √2).
    alpha = (0.0438493 - 0.0392207) * (1 + math.sqrt(2))
    assert alpha == pytest.approx(0.01117, abs=1e-5)
    found = two_day_spread(row(104, 103), row(100, 101), row(102, 102))
    assert np.isnan(found[0, 0])
    assert found[0, 1] == pytest.approx(2 * (math.exp(alpha) - 1) / (1 + math.exp(alpha)), abs=2e-6)


def test_overnight_gaps_are_taken_out() -> None:
    """A session that opens and stays above the last close counts as if it began there."""
    # The second session 10 higher: its low, 111, is 10 above the close before it, 101.
    gapped = two_day_spread(row(104, 113), row(100, 111), row(101, 112))
    beta = math.log(1.04) ** 2 + math.log(113 / 111) ** 2
    gamma = math.log(104 / 100) ** 2
    root = 3 - 2 * math.sqrt(2)
    alpha = (math.sqrt(2 * beta) - math.sqrt(beta)) / root - math.sqrt(gamma / root)
    assert gapped[0, 1] == pytest.approx(2 * (math.exp(alpha) - 1) / (1 + math.exp(alpha)))
    below = two_day_spread(row(104, 94), row(100, 91), row(101, 92))
    # Up by the 7 from its high, 94, to 101: both days together still range from 98 to 104.
    gamma = math.log(104 / 98) ** 2
    beta = math.log(1.04) ** 2 + math.log(94 / 91) ** 2
    alpha = (math.sqrt(2 * beta) - math.sqrt(beta)) / root - math.sqrt(gamma / root)
    assert below[0, 1] == pytest.approx(2 * (math.exp(alpha) - 1) / (1 + math.exp(alpha)))


def test_squared_spread_by_hand() -> None:
    """Log prices: c = 0.01, η of its session 0, of the next 0.002: 4 · 0.01 · 0.008."""
    high = np.exp(row(0.02, 0.022))
    low = np.exp(row(-0.02, -0.018))
    close = np.exp(row(0.01, 0.0))
    assert two_day_square(high, low, close)[0, 1] == pytest.approx(4 * 0.01 * 0.008)


def by_loop_corwin_schultz(h: Floats, lo: Floats, c: Floats, window: int) -> list[float]:
    """Return one security's half-spreads, one pair after the other in plain arithmetic."""
    out = []
    for session in range(len(c)):
        found = []
        for t in range(max(session - window + 1, 1), session):
            gap = c[t - 1] - h[t] if c[t - 1] > h[t] else min(c[t - 1] - lo[t], 0)
            h2, l2 = h[t] + gap, lo[t] + gap
            b = math.log(h[t - 1] / lo[t - 1]) ** 2 + math.log(h[t] / lo[t]) ** 2
            g = math.log(max(h[t - 1], h2) / min(lo[t - 1], l2)) ** 2
            k = 3 - 2 * math.sqrt(2)
            a = (math.sqrt(2 * b) - math.sqrt(b)) / k - math.sqrt(g / k)
            found.append(max(0.0, 2 * (math.exp(a) - 1) / (1 + math.exp(a))))
        out.append(sum(found) / len(found) / 2 if len(found) >= 12 else math.nan)
    return out


def by_loop_abdi_ranaldo(h: Floats, lo: Floats, c: Floats, window: int) -> list[float]:
    out = []
    for session in range(len(c)):
        found = []
        for t in range(max(session - window + 1, 1), session):
            eta = [(math.log(h[k]) + math.log(lo[k])) / 2 for k in (t - 1, t)]
            last = math.log(c[t - 1])
            found.append(math.sqrt(max(4 * (last - eta[0]) * (last - eta[1]), 0.0)))
        out.append(sum(found) / len(found) / 2 if len(found) >= 12 else math.nan)
    return out


def test_arrays_are_the_loop() -> None:
    high, low, close = simulated(0.01, sessions=60, securities=3, night=0.02)
    for estimator, loop in (
        (corwin_schultz, by_loop_corwin_schultz),
        (abdi_ranaldo, by_loop_abdi_ranaldo),
    ):
        found = estimator(high, low, close)
        for place in range(3):
            expected = loop(high[place], low[place], close[place], 21)
            np.testing.assert_allclose(found[place], expected, rtol=1e-10)
        assert np.isnan(found[:, :13]).all()
        assert np.isfinite(found[:, 13:]).all()


@pytest.mark.parametrize("spread", [0.01, 0.03])
@pytest.mark.parametrize("estimator", [two_day_spread, two_day_square])
def test_a_simulated_spread_is_found(estimator: Estimator, spread: float) -> None:
    """SIMULATED, negative estimates kept, over all sessions and securities."""
    mean = np.nanmean(estimator(*simulated(spread)))
    found = mean if estimator is two_day_spread else np.sqrt(mean)
    assert found == pytest.approx(spread, rel=0.12)


def test_monthly_estimates_of_a_wide_spread() -> None:
    """SIMULATED, 3 %: zeroing biases upward, a mean of roots downward, neither by much here."""
    bars = simulated(0.03)
    assert np.nanmean(corwin_schultz(*bars)) == pytest.approx(0.015, rel=0.15)
    assert np.nanmean(abdi_ranaldo(*bars)) == pytest.approx(0.015, rel=0.20)
    assert np.nanmean(abdi_ranaldo(*bars, corrected="monthly")) == pytest.approx(0.015, rel=0.10)


def test_keeping_negatives_takes_the_bias_of_small_spreads_away() -> None:
    """SIMULATED: 0.5 % a spread beside 2 % a day and as much overnight."""
    bars = simulated(0.005, night=0.02, securities=30)
    zeroed = np.nanmean(abdi_ranaldo(*bars))
    window = {"window": 380, "fewest": 200}
    kept = np.nanmean(abdi_ranaldo(*bars, corrected="monthly", **window)[:, -1])
    assert zeroed > 0.004  # more than half again
    assert kept == pytest.approx(0.0025, rel=0.35)
    floored = corwin_schultz(*bars, negative="keep")
    assert np.nanmean(floored) < np.nanmean(corwin_schultz(*bars))
    assert np.nanmin(floored) == 0.0


@pytest.mark.parametrize("estimator", BOTH)
@given(session=st.integers(20, 59), seed=st.integers(0, 1000))
def test_the_future_changes_nothing(estimator: Estimator, session: int, seed: int) -> None:
    high, low, close = simulated(0.01, sessions=60, securities=2, night=0.01)
    known = estimator(high, low, close)[:, : session + 1]
    rng = np.random.default_rng(seed)
    for prices in (high, low, close):
        prices[:, session:] *= rng.uniform(0.5, 2.0, prices[:, session:].shape)
    # The bar of the session itself is already the future: a fill at its open cannot know it.
    np.testing.assert_array_equal(estimator(high, low, close)[:, : session + 1], known)


@pytest.mark.parametrize("estimator", BOTH)
def test_missing_and_motionless_sessions_are_left_out(estimator: Estimator) -> None:
    high, low, close = simulated(0.01, sessions=60, securities=2)
    whole = estimator(high, low, close)
    high[0, 30] = np.nan
    low[1, 30] = high[1, 30] = close[1, 30]
    found = estimator(high, low, close)
    np.testing.assert_array_equal(found[:, :31], whole[:, :31])
    assert np.isfinite(found[:, 31:]).all()
    assert (found[:, 31] != whole[:, 31]).all()
    flat = np.ones((1, 60))
    assert np.isnan(estimator(flat, flat, flat)).all()


@pytest.mark.parametrize("estimator", BOTH)
@given(scale=st.floats(0.01, 1000.0))
def test_the_unit_of_prices_does_not_matter(estimator: Estimator, scale: float) -> None:
    bars = simulated(0.01, sessions=40, securities=1, night=0.01)
    np.testing.assert_allclose(
        estimator(*(scale * one for one in bars)), estimator(*bars), rtol=1e-9, atol=1e-12
    )
