"""Standard errors of Sharpe and Sortino ratios: published, by statsmodels, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.sandwich_covariance import S_hac_simple

from backtest.engine.arrays import Floats
from backtest.strategy.ratios import (
    FEW,
    NO_LOSS,
    NO_SPREAD,
    SESSIONS_A_YEAR,
    eta,
    lags_of,
    sharpe,
    sortino,
)

YEAR = np.sqrt(SESSIONS_A_YEAR)


def with_ratio(ratio: float, count: int) -> Floats:
    """Returns whose Sharpe ratio a session is exactly so much."""
    noise = np.random.default_rng(count).normal(size=count)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    return 0.01 * (noise + ratio)


@pytest.mark.parametrize(
    ("ratio", "count", "error"),
    # Lo (2002), Table 1.
    [(0.50, 12, 0.306), (0.50, 60, 0.137), (1.00, 24, 0.250), (3.00, 500, 0.105)],
)
def test_the_simple_error_is_that_of_lo(ratio: float, count: int, error: float) -> None:
    found = sharpe(with_ratio(ratio, count))
    assert found.value / YEAR == pytest.approx(ratio)
    assert found.simple_error / YEAR == pytest.approx(error, abs=0.0005)


def by_moments(returns: Floats, lags: int, *, downside: bool) -> float:
    """Lo's GMM as he writes it: two moments, their long-run matrix, the gradient of the ratio."""
    mean = returns.mean()
    squares = np.minimum(returns, 0.0) ** 2 if downside else (returns - mean) ** 2
    level = squares.mean()
    moments = np.column_stack([returns - mean, squares - level])
    matrix = S_hac_simple(moments, nlags=lags) / len(returns)
    # The program's ratio of a session has ddof 1 in its root; the second term follows it.
    root = np.sqrt(level) if downside else returns.std(ddof=1)
    gradient = np.array([1.0 / np.sqrt(level), -(mean / root) / (2.0 * level)])
    return float(np.sqrt(gradient @ matrix @ gradient / len(returns)))


@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.6])
def test_errors_are_those_of_the_moments_by_statsmodels(rho: float) -> None:
    rng = np.random.default_rng(7)
    noise = rng.standard_t(4, 400) * 0.01
    returns = 0.0005 + noise
    returns[1:] += rho * noise[:-1]
    lags = lags_of(len(returns))
    assert lags == 5
    assert sharpe(returns).std_error == pytest.approx(
        YEAR * by_moments(returns, lags, downside=False), rel=1e-10
    )
    assert sortino(returns).std_error == pytest.approx(
        YEAR * by_moments(returns, lags, downside=True), rel=1e-10
    )


@pytest.mark.parametrize("rho", [-0.3, 0.05, 0.5, 0.9])
@pytest.mark.parametrize("periods", [2, 12, 252])
def test_eta_of_a_first_order_autoregression(rho: float, periods: int) -> None:
    """Against Lo's closed form (2002, eq. 22), which sums the geometric series."""
    closed = np.sqrt(periods) / np.sqrt(
        1 + 2 * rho / (1 - rho) * (1 - (1 - rho**periods) / (periods * (1 - rho)))
    )
    powers = rho ** np.arange(1, periods)
    assert eta(powers, periods) == pytest.approx(closed, rel=1e-12)


def test_eta_without_correlation_is_the_root() -> None:
    assert eta(np.zeros(5)) == pytest.approx(YEAR)
    assert eta(np.empty(0)) == pytest.approx(YEAR)
    assert np.isnan(eta(np.array([-0.9])))  # 252 − 2 · 251 · 0.9 < 0


def test_momentum_in_returns_makes_a_year_riskier_than_sessions_say() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.01, 2000)
    returns = noise.copy()
    returns[1:] += 0.5 * noise[:-1]
    found = sharpe(returns + 0.001)
    # A moving average has ρ₁ = 0.5 / 1.25: a year's variance is 1 + 2 · 0.4 times its sessions'.
    assert found.adjusted / found.value == pytest.approx(1 / np.sqrt(1.8), rel=0.06)
    assert found.std_error > found.simple_error


def test_the_error_is_the_spread_of_estimates_in_a_simulation() -> None:
    """SIMULATED: 600 histories of 500 sessions with autocorrelated, fat-tailed returns."""
    rng = np.random.default_rng(11)
    noise = rng.standard_t(6, (600, 501)) * 0.01
    histories = 0.0008 + noise[:, 1:] + 0.3 * noise[:, :-1]
    for ratio in (sharpe, sortino):
        found = [ratio(one) for one in histories]
        spread = np.std([one.value for one in found])
        assert np.median([one.std_error for one in found]) == pytest.approx(spread, rel=0.10)


def test_what_has_no_ratio_says_why() -> None:
    assert sharpe(np.array([0.01, 0.02])).reason == FEW
    assert sharpe(np.full(50, 0.1)).reason == NO_SPREAD
    assert sharpe(np.zeros(50)).reason == NO_SPREAD
    assert sortino(np.array([0.01, 0.0, 0.02])).reason == NO_LOSS
    assert np.isnan(sortino(np.array([0.01, 0.0, 0.02])).value)


def test_a_constant_loss_has_a_sortino_ratio_and_no_annualising_factor() -> None:
    found = sortino(np.full(10, -0.01))
    assert found.value == pytest.approx(-YEAR)
    assert np.isnan(found.adjusted)


@given(
    st.lists(st.integers(-2000, 2000), min_size=3, max_size=60),
    st.floats(0.1, 10.0),
)
def test_scale_changes_no_ratio_and_the_opposite_position_turns_sharpe_over(
    values: list[int], scale: float
) -> None:
    returns = np.array(values) / 10_000
    one, scaled, short = sharpe(returns), sharpe(scale * returns), sharpe(-returns)
    assert one.reason == scaled.reason == short.reason
    if one.reason is None:
        assert scaled.value == pytest.approx(one.value, rel=1e-6, abs=1e-9)
        assert short.value == pytest.approx(-one.value, rel=1e-9, abs=1e-12)
        assert short.std_error == pytest.approx(one.std_error, rel=1e-6, abs=1e-9)
