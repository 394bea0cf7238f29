"""The band of CAAR is the standard error of the test it names."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest
from scipy.stats import t as student

from backtest.charts.averages import (
    ADJUSTED,
    BMP,
    CROSS,
    _cross_correlation,
    _standard_error,
    averages,
)
from backtest.charts.cumulated import Cumulated
from backtest.engine.arrays import Floats
from backtest.errors import BadUsage
from backtest.results.result import StudyResult
from backtest.spec import Window


def _paths(car: Floats, error: Floats) -> Cumulated:
    count, days = car.shape
    keys = pl.DataFrame({"event_id": [f"e{i}" for i in range(count)], "ticker": ["A"] * count})
    dof = np.full(count, 248.0)
    return Cumulated(keys, np.arange(days), car, car, error, dof, exact=True)


@pytest.mark.parametrize("group", ["all", "role:counterparty", "tag:openai"])
def test_averages_are_those_of_the_sample_tests(shipped: StudyResult, group: str) -> None:
    found = averages(shipped, group)
    tested = shipped.sample_tests.filter(
        pl.col("group") == group, pl.col("test") == "cross_sectional"
    )
    daily = tested.filter(pl.col("start") == pl.col("end")).unique("start").sort("start")
    np.testing.assert_allclose(found.aar, daily["mean"].to_numpy(), atol=1e-15)
    widest = tested.filter(start=-10, end=10).row(0, named=True)
    assert found.caar[-1] == pytest.approx(widest["mean"], abs=1e-14)
    assert found.n[-1] == widest["n"]
    for end in (5, 10):
        row = tested.filter(start=0, end=end).row(0, named=True)
        part = averages(shipped, group, window=Window(0, 10))
        assert part.caar[end] == pytest.approx(row["mean"], abs=1e-14)
        assert part.n[end] == row["n"]


def test_the_cross_sectional_band_in_closed_form(shipped: StudyResult) -> None:
    """sd(CAR)/√N: CAAR over it is the table's statistic, and the band Student's quantile of it."""
    design = pl.when(pl.col("group") == "role:competitor").then(pl.lit(CROSS))
    chosen = dataclasses.replace(
        shipped,
        sample_designs=shipped.sample_designs.with_columns(
            design.otherwise("headline").alias("headline")
        ),
    )
    found = averages(chosen, "role:competitor", window=Window(0, 10))
    assert found.test == CROSS
    for end in (0, 5, 10):
        row = shipped.sample_tests.filter(
            group="role:competitor", test=CROSS, start=0, end=end
        ).row(0, named=True)
        assert found.caar[end] / found.std_error[end] == pytest.approx(row["statistic"], rel=1e-10)
        reach = student.ppf(0.975, row["n"] - 1) * found.std_error[end]
        assert found.high[end] - found.caar[end] == pytest.approx(reach, rel=1e-12)
        assert found.caar[end] - found.low[end] == pytest.approx(reach, rel=1e-12)
    assert not found.approximate


@pytest.mark.parametrize("r", [0.0, 0.05, 0.3])
def test_with_equal_errors_the_band_is_the_adjusted_test(r: float) -> None:
    """Kolari & Pynnönen 2010: √N · mean(SCAR)/sd(SCAR) · √((1 − r̄)/(1 + (N − 1) r̄))."""
    rng, n = np.random.default_rng(4), 25
    car = rng.normal(0.01, 0.03, (n, 3))
    error = np.full((n, 3), 0.02)
    scar = car / error
    statistic = np.sqrt(n) * scar.mean(axis=0) / scar.std(axis=0, ddof=1)
    statistic *= np.sqrt((1 - r) / (1 + (n - 1) * r))
    found = _standard_error(_paths(car, error), ADJUSTED, np.full(3, r))
    np.testing.assert_allclose(car.mean(axis=0) / found, statistic, rtol=1e-12)


def test_with_unequal_errors_it_is_the_sum_of_the_whole_covariance() -> None:
    rng, n, r = np.random.default_rng(5), 12, 0.1
    error = rng.uniform(0.01, 0.05, (n, 1))
    car = rng.normal(0, 1, (n, 1)) * error
    factor = (car / error).var(ddof=1) / (1 - r)
    correlation = np.full((n, n), r) + (1 - r) * np.eye(n)
    covariance = factor * correlation * (error @ error.T)
    found = _standard_error(_paths(car, error), ADJUSTED, np.array([r]))
    assert found[0] == pytest.approx(np.sqrt(covariance.sum()) / n, rel=1e-12)
    plain = _standard_error(_paths(car, error), BMP, np.array([0.0]))
    assert plain[0] == pytest.approx(
        np.sqrt((car / error).var(ddof=1) * (error**2).sum()) / n, rel=1e-12
    )


@pytest.mark.parametrize("group", ["all", "role:competitor", "tag:openai"])
def test_r_is_that_of_the_design_at_both_ends(shipped: StudyResult, group: str) -> None:
    r = _cross_correlation(shipped, group, "market", 21)
    design = shipped.sample_designs.filter(group=group).row(0, named=True)
    assert r[0] == pytest.approx(design["r_bar"], abs=2e-4)  # days differ in who is there
    assert r[20] == pytest.approx(design["r_bar_widest"], abs=1e-9)
    without = shipped.sample_tests.filter(pl.col("test") != BMP)
    fewer = _cross_correlation(
        dataclasses.replace(shipped, sample_tests=without), group, "market", 21
    )
    assert fewer[0] == pytest.approx(design["r_bar"], abs=1e-12)
    assert fewer[20] == pytest.approx(design["r_bar_widest"], abs=1e-12)
    assert (np.diff(fewer) >= 0).all()


def test_a_rank_test_lends_no_standard_error(shipped: StudyResult) -> None:
    ranked = shipped.sample_designs.filter(pl.col("headline") == "grank_t")["group"][0]
    found = averages(shipped, ranked)
    assert (found.headline, found.test) == ("grank_t", ADJUSTED)


def test_a_single_observation_has_no_band(single: StudyResult) -> None:
    found = averages(single)
    assert found.test is None
    assert np.isnan(found.low).all()
    assert np.isfinite(found.caar).all()


def test_a_window_outside_is_refused(shipped: StudyResult) -> None:
    with pytest.raises(BadUsage, match="-20:0 is not inside the study's event window -10:10"):
        averages(shipped, window=Window(-20, 0))
