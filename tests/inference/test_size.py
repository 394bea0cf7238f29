"""Size on simulated pure noise: a test at 5 % rejects about 5 % (seeded, no real data)."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import run, windows_of

from backtest.engine.sample import Sample
from backtest.inference import tests
from backtest.spec import StudySpec, Window

EVENTS, SAMPLES, SECURITIES, SESSIONS = 40, 500, 250, 1500
SPEC = StudySpec(cars=(Window(0, 0), Window(-1, 1), Window(-10, 10)))


@pytest.fixture(scope="module")
def placebo() -> Sample:
    """Return 20,000 placebo events of simulated market-model securities, far apart in time."""
    rng = np.random.default_rng(20260220)
    market = rng.normal(0.0004, 0.01, SESSIONS)
    beta = rng.uniform(0.5, 1.6, (SECURITIES, 1))
    scale = rng.uniform(0.01, 0.04, (SECURITIES, 1))
    returns = beta * market + scale * rng.standard_normal((SECURITIES, SESSIONS))
    returns[0] = market
    rows = rng.integers(1, SECURITIES, EVENTS * SAMPLES)
    day0 = rng.integers(260, SESSIONS - 10, EVENTS * SAMPLES)
    return windows_of(run(returns, rows, day0, "market", SPEC), SPEC)


@pytest.mark.parametrize("key", ["cross_sectional", "patell", "bmp", "sign", "wilcoxon"])
def test_size_is_near_five_percent(key: str, placebo: Sample) -> None:
    test = tests.get(key)
    rows = np.arange(EVENTS * SAMPLES).reshape(SAMPLES, EVENTS)
    p = np.array([test.run(placebo.take(one)).p for one in rows])
    rejected = (p < 0.05).mean(axis=0)
    # One window: ±3.2 standard errors of 500 draws. The exact sign test cannot reach 5 %:
    # of 40 signs, 13 or fewer (or 27 or more) have probability 0.0385.
    nominal = 0.0385 if key == "sign" else 0.05
    assert np.abs(rejected - nominal).max() < 3.2 * np.sqrt(nominal * (1 - nominal) / SAMPLES)


def test_standardised_returns_are_standard(placebo: Sample) -> None:
    """SCAR is t with 248 degrees: variance 248/246, also for the whole window."""
    variance = (placebo.scar**2).mean(axis=0)
    # Events of one security share days, so 20,000 draws are worth fewer; 4 % is wide enough.
    np.testing.assert_allclose(variance, 248 / 246, rtol=0.04)
    # Summed SARs over √L ignore the common error of the coefficients: over 21 days 8 % too much.
    summed = (placebo.sar_sum**2 / placebo.n_days).mean(axis=0)
    assert summed[2] / variance[2] == pytest.approx(1 + 21 / 250, abs=0.02)
