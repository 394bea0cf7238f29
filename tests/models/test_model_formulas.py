"""Each model against its formula, written out for one observation at a time."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import noise, run

SESSIONS = np.arange(40, 290)
"""The default estimation window of an event at session 300."""


@pytest.fixture
def returns() -> np.ndarray:
    values = noise(21)
    values[2, 50:60] = np.nan
    values[0, 100] = np.nan
    return values


@pytest.mark.parametrize("row", [1, 2])
def test_market(returns: np.ndarray, row: int) -> None:
    """MacKinlay (1997): β = cov/var, α from the means, s² over M − 2."""
    one = run(returns, [row], [300], "market")
    days = SESSIONS[np.isfinite(returns[[0, row]][:, SESSIONS]).all(axis=0)]
    r, m = returns[row, days], returns[0, days]
    beta = np.cov(r, m)[0, 1] / m.var(ddof=1)
    alpha = r.mean() - beta * m.mean()
    e = r - alpha - beta * m
    s2 = (e**2).sum() / (len(days) - 2)
    assert one.coefficients["beta"][0] == pytest.approx(beta, rel=1e-12)
    assert one.coefficients["alpha"][0] == pytest.approx(alpha, rel=1e-10)
    assert one.sigma[0] == pytest.approx(np.sqrt(s2), rel=1e-12)
    assert (one.n_obs[0], one.dof[0]) == (len(days), len(days) - 2)
    assert len(days) == (249 if row == 1 else 239)
    assert one.r_squared[0] == pytest.approx(np.corrcoef(r, m)[0, 1] ** 2, rel=1e-10)
    event = np.arange(290, 311)
    np.testing.assert_allclose(one.expected[0], alpha + beta * returns[0, event], atol=1e-15)
    spread = 1 + 1 / len(days) + (returns[0, event] - m.mean()) ** 2 / ((m - m.mean()) ** 2).sum()
    np.testing.assert_allclose(one.std_error[0], np.sqrt(s2 * spread), rtol=1e-12)


@pytest.mark.parametrize("row", [1, 2])
def test_market_adjusted(returns: np.ndarray, row: int) -> None:
    one = run(returns, [row], [300], "market_adjusted")
    e = returns[row, SESSIONS] - returns[0, SESSIONS]
    e = e[np.isfinite(e)]
    event = np.arange(290, 311)
    np.testing.assert_array_equal(one.expected[0], returns[0, event])
    np.testing.assert_array_equal(one.abnormal[0], returns[row, event] - returns[0, event])
    assert one.sigma[0] == pytest.approx(e.std(ddof=1), rel=1e-13)
    assert (one.n_obs[0], one.dof[0]) == (len(e), len(e) - 1)
    np.testing.assert_array_equal(one.std_error[0], np.repeat(one.sigma, 21))
    assert one.coefficients == {}
    assert np.isnan(one.r_squared).all()


@pytest.mark.parametrize("row", [1, 2])
def test_mean(returns: np.ndarray, row: int) -> None:
    one = run(returns, [row], [300], "mean")
    r = returns[row, SESSIONS]
    r = r[np.isfinite(r)]
    assert one.coefficients["alpha"][0] == pytest.approx(r.mean(), rel=1e-12)
    assert one.sigma[0] == pytest.approx(r.std(ddof=1), rel=1e-13)
    # The benchmark's missing day is none of this model's.
    assert (one.n_obs[0], one.dof[0]) == (len(r), len(r) - 1)
    assert len(r) == (250 if row == 1 else 240)
    np.testing.assert_allclose(one.expected[0], r.mean(), rtol=1e-12)
    np.testing.assert_allclose(
        one.std_error[0], r.std(ddof=1) * np.sqrt(1 + 1 / len(r)), rtol=1e-12
    )
    assert one.car_error[0, 3] == pytest.approx(
        r.std(ddof=1) * np.sqrt(21 + 21**2 / len(r)), rel=1e-12
    )


def test_the_benchmark_has_no_abnormal_return_of_its_own() -> None:
    one = run(noise(22), [0], [300], "market")
    np.testing.assert_allclose(one.abnormal, 0.0, atol=1e-15)
    assert one.coefficients["beta"][0] == pytest.approx(1.0)
    assert np.isnan(one.sar).all()
