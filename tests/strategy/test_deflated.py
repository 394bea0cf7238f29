"""Probabilistic and deflated Sharpe ratios against the worked examples of their papers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kurtosis, skew

from backtest.strategy.deflated import deflated, expected_best, moments, probabilistic, score
from backtest.strategy.ratios import FEW, sharpe

# Bailey & López de Prado (2012), the fund of section "PSR": 24 months.
RATIO, MONTHS, SKEWNESS, KURTOSIS = 0.458, 24, -2.448, 10.164

# Bailey & López de Prado (2014), "A numerical example": five years of 250 days, a year's ratio of
# 2.5, ratios of the trials with a variance of ½ a year, skewness −3, kurtosis 10.
SHARPE, DAYS, VARIANCE = 2.5 / np.sqrt(250), 1250, 0.5 / 250


def test_psr_of_the_paper() -> None:
    assert probabilistic(RATIO, 0.0, MONTHS) == pytest.approx(0.982, abs=0.0005)
    assert probabilistic(RATIO, 0.0, MONTHS, SKEWNESS, KURTOSIS) == pytest.approx(0.913, abs=0.0005)


def test_dsr_of_the_paper() -> None:
    threshold = expected_best(100, VARIANCE)
    assert threshold == pytest.approx(0.1132, abs=0.00005)
    assert probabilistic(SHARPE, threshold, DAYS, -3.0, 10.0) == pytest.approx(0.9004, abs=0.00005)


@pytest.mark.parametrize(("trials", "skewness", "kurt"), [(46, -3.0, 10.0), (88, 0.0, 3.0)])
def test_how_many_trials_the_paper_allows(trials: int, skewness: float, kurt: float) -> None:
    """The most trials after which the discovery still passes at 95 %: 46; 88 were it normal."""
    passes, fails = (
        probabilistic(SHARPE, expected_best(n, VARIANCE), DAYS, skewness, kurt)
        for n in (trials, trials + 1)
    )
    assert passes == pytest.approx(0.9505, abs=0.0001)
    assert passes > fails


def test_the_expected_best_is_that_of_simulated_worthless_strategies() -> None:
    """SIMULATED: the mean maximum of 50 normal ratios, 20,000 times."""
    draws = np.random.default_rng(5).normal(0.0, 0.1, (20_000, 50))
    assert expected_best(50, 0.01) == pytest.approx(draws.max(axis=1).mean(), rel=0.02)


def test_a_single_trial_is_not_deflated() -> None:
    returns = np.random.default_rng(2).normal(0.001, 0.01, 300)
    alone = deflated(returns, 1, np.empty(0))
    assert alone.threshold == 0.0
    assert alone.dsr == alone.psr


def test_more_trials_leave_less() -> None:
    returns = np.random.default_rng(2).normal(0.002, 0.01, 300)
    found = [deflated(returns, n, np.empty(0)) for n in (1, 2, 10, 1000, 100_000)]
    probabilities = [one.dsr for one in found]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(one.assumed for one in found)
    assert found[0].variance == pytest.approx(1 / 299)


def test_ratios_of_the_trials_set_the_threshold() -> None:
    returns = np.random.default_rng(2).normal(0.002, 0.01, 300)
    scores = np.array([score(0.1, 300), score(-0.1, 300), np.nan, score(0.05, 300)])
    found = deflated(returns, 12, scores)
    assert not found.assumed
    assert found.variance == pytest.approx(np.var([0.1, -0.1, 0.05], ddof=1))
    assert found.threshold == pytest.approx(expected_best(12, found.variance))
    own = sharpe(returns)
    assert found.dsr == probabilistic(
        own.each, found.threshold, 300, found.skewness, found.kurtosis
    )


def test_trials_of_few_sessions_do_not_raise_the_bar() -> None:
    """SIMULATED: worthless trials over 10 to 1,000 sessions have scores of variance 1."""
    rng = np.random.default_rng(6)
    lengths = rng.integers(10, 1000, 4000)
    scores = []
    for length in lengths:
        own = rng.normal(0.0, 0.01, length)
        scores.append(score(own.mean() / own.std(ddof=1), int(length)))
    returns = rng.normal(0.0, 0.01, 250)
    assert deflated(returns, 50, np.array(scores)).variance == pytest.approx(1 / 249, rel=0.1)


def test_moments_are_those_of_scipy() -> None:
    returns = np.random.default_rng(9).gamma(2.0, 1.0, 500)
    assert moments(returns) == pytest.approx((skew(returns), kurtosis(returns, fisher=False)))


def test_without_a_ratio_there_is_a_reason() -> None:
    found = deflated(np.array([0.1]), 3, np.empty(0))
    assert (found.reason, found.trials) == (FEW, 3)
    assert np.isnan(found.dsr)


def test_a_two_point_distribution_is_judged_without_dividing_by_zero() -> None:
    # γ₄ = 1 + γ₃² and SR = 2/γ₃: the estimate has no error at all.
    assert probabilistic(2.0, 0.0, 10, 1.0, 2.0) == 1.0
    assert probabilistic(2.0, 3.0, 10, 1.0, 2.0) == 0.0
