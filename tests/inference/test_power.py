"""Power in closed form (Campbell, Lo & MacKinlay 1997, §4.6) against simulated events.

Known variance, independent normal abnormal returns: J₁ = √N·mean/σ rejects at α with probability
Φ(−z − √N a/σ) + 1 − Φ(z − √N a/σ), z = Φ⁻¹(1 − α/2).
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from support.placebos import SPEC, market_model
from support.studies import run

from backtest.audit.placebo import placebo_sample
from backtest.engine.arrays import Ints
from backtest.engine.estimates import Estimates
from backtest.inference import tests

SIGMA, SAMPLES, SECURITIES, SESSIONS = 0.02, 500, 400, 320
SIZES, ADDED = (5, 20, 50), (0.0, 0.005, 0.01, 0.015, 0.02)


def power(n: int, added: float, sigma: float, alpha: float) -> float:
    """Return the closed form."""
    normal = NormalDist()
    z, mean = normal.inv_cdf(1 - alpha / 2), math.sqrt(n) * added / sigma
    return normal.cdf(-z - mean) + 1 - normal.cdf(z - mean)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_the_closed_form_itself(alpha: float) -> None:
    """Without an effect it is the size, and where √N a/σ is z it is a half and a tail."""
    assert power(17, 0.0, 0.02, alpha) == pytest.approx(alpha)
    z = NormalDist().inv_cdf(1 - alpha / 2)
    assert power(1, z, 1.0, alpha) == pytest.approx(0.5 + NormalDist().cdf(-2 * z))
    assert power(20, 0.01, 0.02, alpha) == pytest.approx(power(5, 0.01, 0.01, alpha))


@pytest.fixture(scope="module")
def events() -> tuple[Estimates, Ints]:
    """Simulated normal returns: 20,000 events of 400 securities."""
    noise = np.random.default_rng(1997).standard_normal((SECURITIES, SESSIONS))
    returns = market_model(noise, scale=SIGMA)
    # All events of a security differ in date, and one-day abnormal returns are then independent.
    rng = np.random.default_rng(42)
    pairs = rng.permutation((SECURITIES - 1) * 50)[:19_900]
    rows, day0 = 1 + pairs // 50, 265 + pairs % 50
    return run(returns, rows, day0, "market", SPEC), day0


@pytest.mark.parametrize("added", ADDED)
@pytest.mark.parametrize("n", SIZES)
def test_patell_has_the_power_of_theory(
    events: tuple[Estimates, Ints], n: int, added: float
) -> None:
    estimates, day0 = events
    sample = placebo_sample(estimates, day0, SPEC, SESSIONS, added)
    samples = min(SAMPLES, len(day0) // n)
    order = np.arange(samples * n).reshape(samples, n)
    p = np.array([tests.get("patell").run(sample.take(rows)).p[0] for rows in order])
    for alpha in (0.01, 0.05, 0.1):
        expected = power(n, added, SIGMA, alpha)
        error = math.sqrt(expected * (1 - expected) / samples)
        # SARs are t(248), whose tails are a little longer than the normal's.
        assert (p <= alpha).mean() == pytest.approx(expected, abs=3.5 * error + 0.004)
