"""Tests adjusted for cross-correlation: closed forms, and the size they are for."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import noise, run, windows_of

from backtest.engine.arrays import Floats
from backtest.engine.sample import Sample
from backtest.inference import tests
from backtest.spec import StudySpec, Window

SPEC = StudySpec(
    models=("mean",), estimation=Window(-120, -6), window=Window(-5, 5), cars=(Window(0, 0),)
)


def _same_date(seed: int, count: int = 30) -> Sample:
    """Events of one date whose returns share half their variance."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.01, 140)
    returns = np.vstack([common, common + rng.normal(0, 0.01, (count, 140))])
    rows, day0 = np.arange(1, count + 1), np.full(count, 130)
    return windows_of(run(returns, rows, day0, "mean", SPEC), SPEC, day0)


def _rejections(key: str, samples: list[Sample]) -> float:
    return float(np.mean([tests.get(key).run(sample).p[0] < 0.05 for sample in samples]))


def test_the_factor_is_that_of_the_paper() -> None:
    sample = _same_date(1)
    r, n = sample.cross_correlation, 30
    assert 0.3 < r[0] < 0.7
    bmp, patell = tests.get("bmp").run(sample), tests.get("patell").run(sample)
    adjusted = tests.get("bmp_adjusted").run(sample)
    assert adjusted.statistic == pytest.approx(bmp.statistic * np.sqrt((1 - r) / (1 + (n - 1) * r)))
    assert adjusted.dof.tolist() == [29.0]
    z = tests.get("patell_adjusted").run(sample).statistic
    assert z == pytest.approx(patell.statistic / np.sqrt(1 + (n - 1) * r))


def test_far_apart_the_adjusted_tests_are_the_plain_ones() -> None:
    returns = noise(2, sessions=400)
    day0 = np.array([150, 170, 190, 210, 230])
    sample = windows_of(run(returns, [1, 2, 3, 4, 5], day0, "mean", SPEC), SPEC, day0)
    for adjusted, plain in (("bmp_adjusted", "bmp"), ("patell_adjusted", "patell")):
        one, other = tests.get(adjusted).run(sample), tests.get(plain).run(sample)
        assert one.statistic == pytest.approx(other.statistic, rel=1e-15)
        assert one.p == pytest.approx(other.p, rel=1e-15)


@pytest.fixture(scope="module")
def null_samples() -> list[Sample]:
    return [_same_date(seed) for seed in range(100, 400)]


@pytest.mark.parametrize(
    "key",
    ["bmp_adjusted", "patell_adjusted", "rank", "grank_t", "crude_dependence", "calendar_time"],
)
def test_size_on_one_date_is_kept(key: str, null_samples: list[Sample]) -> None:
    """300 samples: 5 % has a standard error of 1.3 points."""
    assert 0.015 < _rejections(key, null_samples) < 0.095


@pytest.mark.parametrize("key", ["bmp", "patell", "cross_sectional", "wilcoxon", "grank_z"])
def test_tests_that_take_events_for_independent_fail_there(
    key: str, null_samples: list[Sample]
) -> None:
    assert _rejections(key, null_samples) > 0.4


def test_negative_correlation_that_leaves_no_variance_is_a_reason() -> None:
    rng = np.random.default_rng(3)
    one = rng.normal(0, 0.01, 140)
    returns = np.vstack([one, one, -one])
    # Two opposite securities: r̄ = −1, and the variance of their mean is nil.
    returns[2, 130] += 0.01
    day0 = np.array([130, 130])
    sample = windows_of(run(returns, [1, 2], day0, "mean", SPEC), SPEC, day0)
    sample.once("r", lambda: np.array([-1.0]))
    outcome = tests.get("bmp_adjusted").run(sample)
    assert outcome.reasons[0] is not None
    assert np.isnan(outcome.p[0])


def test_missing_observations_leave_the_correlation_of_their_column() -> None:
    sample = _same_date(4, 6)
    car: Floats = sample.car.copy()
    car[2] = np.nan
    holed = Sample(sample.columns, car, car, car, sample.n_days, sample.dof, sample.history)
    rest = sample.take(np.array([0, 1, 3, 4, 5]))
    assert holed.cross_correlation == pytest.approx(rest.cross_correlation, rel=1e-12)
