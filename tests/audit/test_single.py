"""The tests of one event: Student's t, and the sample quantile."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student
from support.placebos import SPEC, market_model
from support.studies import run

from backtest.audit.placebo import placebo_sample
from backtest.audit.single import FEW_DAYS, MANY, EventQuantile, EventT
from backtest.engine.arrays import Floats
from backtest.engine.sample import Sample
from backtest.spec import StudySpec, Window


def events(noise: Floats, spec: StudySpec = SPEC) -> Sample:
    """Return one event of each security, 300 sessions into its returns."""
    rows, day0 = np.arange(1, len(noise)), np.full(len(noise) - 1, 300)
    estimates = run(market_model(noise), rows, day0, "market", spec)
    return placebo_sample(estimates, day0, spec, noise.shape[1])


def p_of(test: EventT | EventQuantile, sample: Sample) -> Floats:
    return np.array([test.run(sample.take(np.array([i]))).p[0] for i in range(len(sample.car))])


def test_t_is_students() -> None:
    sample = events(np.random.default_rng(1).standard_normal((30, 320)))
    expected = 2 * student.sf(np.abs(sample.scar[:, 0]), 248)
    np.testing.assert_allclose(p_of(EventT(), sample), expected, rtol=1e-12)


def test_the_sample_quantile_counts_residuals() -> None:
    sample = events(np.random.default_rng(1).standard_normal((30, 320)))
    for i, p in enumerate(p_of(EventQuantile(), sample)):
        everything = sorted([*sample.before.residuals[i], sample.car[i, 0]])
        low = everything.index(sample.car[i, 0]) + 1
        assert p == pytest.approx(min(1.0, 2 * min(low, 252 - low) / 251))


def test_the_sample_quantile_keeps_its_size_where_t_does_not() -> None:
    """Student's t with 3 degrees of freedom for returns: at 1 % the t test rejects 2 %."""
    noise = np.random.default_rng(8).standard_t(3, (4001, 320)) / np.sqrt(3.0)
    sample = events(noise)
    error = 4 * np.sqrt(0.01 * 0.99 / 4000)
    # Ranks of 251 are discrete: 1/251 below and above are the most that is within 1 %.
    assert (p_of(EventQuantile(), sample) <= 0.01).mean() == pytest.approx(2 / 251, abs=error)
    assert (p_of(EventT(), sample) <= 0.01).mean() > 0.01 + error


def test_where_they_say_nothing() -> None:
    noise = np.random.default_rng(1).standard_normal((4, 320))
    sample = events(noise)
    assert EventT().run(sample).reasons == (MANY,)
    assert EventQuantile().run(sample).reasons == (MANY,)
    one = np.array([0])
    short = StudySpec(estimation=Window(-100, -11), min_obs=50, window=Window(0, 0))
    assert EventQuantile().run(events(noise, short).take(one)).reasons == (FEW_DAYS,)
    long = StudySpec(window=Window(0, 1), cars=(Window(0, 1),))
    assert EventQuantile().run(events(noise, long).take(one)).reasons == (None,)
    assert EventT().run(events(noise, long).take(one)).reasons == (None,)
