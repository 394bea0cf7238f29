"""Tests of buy-and-hold abnormal returns are those of CARs on other values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.studies import sample_of

from backtest.inference import tests

PAIRS = (("bhar_skewness_adjusted", "skewness_adjusted"), ("bhar_bootstrap", "bootstrap"))


@pytest.mark.parametrize(("held", "summed"), PAIRS)
def test_they_take_the_held_returns(held: str, summed: str) -> None:
    rng = np.random.default_rng(1)
    cars, bhars = rng.normal(0.01, 0.05, (30, 2)), rng.lognormal(0.0, 0.1, (30, 2)) - 1.0
    sample = replace(sample_of(cars), bhar=bhars)
    ours, expected = tests.get(held).run(sample), tests.get(summed).run(sample_of(bhars))
    np.testing.assert_array_equal(ours.statistic, expected.statistic)
    np.testing.assert_array_equal(ours.p, expected.p)
    of_cars = tests.get(summed).run(sample)
    assert (of_cars.statistic != ours.statistic).all()


@pytest.mark.parametrize(("held", "summed"), PAIRS)
def test_a_missing_bhar_is_a_missing_observation(held: str, summed: str) -> None:
    values = np.random.default_rng(2).normal(0.0, 0.05, (20, 1))
    holed = values.copy()
    holed[4] = np.nan
    sample = replace(sample_of(values), bhar=holed)
    rest = np.delete(values, 4, axis=0)
    assert tests.get(held).run(sample).statistic == pytest.approx(
        tests.get(summed).run(sample_of(rest)).statistic, rel=1e-12
    )
