"""Calendar-time portfolios against a computation date by date."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.studies import noise, run, windows_of

from backtest.engine.arrays import Floats, Ints
from backtest.engine.estimates import Estimates
from backtest.engine.sample import Sample
from backtest.inference import tests
from backtest.spec import StudySpec, Window

SPEC = StudySpec(
    estimation=Window(-120, -6),
    window=Window(-5, 5),
    cars=(Window(0, 0), Window(-1, 1), Window(-5, 5)),
)
DAY0 = np.array([200, 200, 201, 204, 230, 230, 232, 260, 290, 300, 301, 340, 345, 350])
ROWS = np.array([1, 2, 3, 4, 1, 2, 5, 6, 7, 8, 9, 10, 11, 3])


@pytest.fixture(scope="module")
def estimates() -> Estimates:
    return run(noise(8, sessions=400), ROWS, DAY0, "market", SPEC)


@pytest.fixture(scope="module")
def sample(estimates: Estimates) -> Sample:
    return windows_of(estimates, SPEC, DAY0)


def _portfolios(one: Estimates, weights: Floats, car: Window) -> tuple[Floats, Floats, Ints]:
    """Return A_d, its error, and the members of each date, one date after the other."""
    days = len(SPEC.estimation)
    abnormal, errors, sizes = [], [], []
    for date in range(int(DAY0.min()) + car.start, int(DAY0.max()) + car.end + 1):
        members = [i for i, at in enumerate(DAY0) if car.start <= date - at <= car.end]
        if not members:
            continue
        w = weights[members] / weights[members].sum()
        event = [one.abnormal[i, date - DAY0[i] - SPEC.window.start] for i in members]
        ratio = [
            (one.std_error[i, date - DAY0[i] - SPEC.window.start] / one.sigma[i]) ** 2
            for i in members
        ]
        first = max(DAY0[i] + SPEC.estimation.start for i in members)
        last = min(DAY0[i] + SPEC.estimation.end for i in members)
        series = sum(
            share
            * one.history[i, :days][first - DAY0[i] - SPEC.estimation.start :][: last - first + 1]
            for i, share in zip(members, w, strict=True)
        )
        spread = np.sqrt((series**2).sum() / (len(series) - 2))
        abnormal.append(w @ event)
        errors.append(spread * np.sqrt(w @ ratio))
        sizes.append(len(members))
    return np.array(abnormal), np.array(errors), np.array(sizes)


@pytest.mark.parametrize("column", range(3))
def test_standardised_dates(sample: Sample, estimates: Estimates, column: int) -> None:
    a, s, _ = _portfolios(estimates, np.ones(len(ROWS)), SPEC.cars[column])
    outcome = tests.get("calendar_time").run(sample)
    z = (a / s).sum() / np.sqrt(len(a))
    assert outcome.statistic[column] == pytest.approx(z, rel=1e-10)
    assert outcome.dof[column] == 113
    assert outcome.p[column] == pytest.approx(2 * stats.t.sf(abs(z), 113), rel=1e-10)


def test_value_weights_and_unknown_values(sample: Sample, estimates: Estimates) -> None:
    value = np.linspace(1.0, 9.0, len(ROWS))
    weighted = replace(sample, history=replace(sample.before, value=value))
    a, s, _ = _portfolios(estimates, value, SPEC.cars[2])
    outcome = tests.get("calendar_time_value").run(weighted)
    assert outcome.statistic[2] == pytest.approx((a / s).sum() / np.sqrt(len(a)), rel=1e-10)
    nothing = tests.get("calendar_time_value").run(sample)
    assert set(nothing.reasons) == {"fewer than 2 observations with a known market value"}


def test_alphas_over_dates(sample: Sample, estimates: Estimates) -> None:
    a, _, size = _portfolios(estimates, np.ones(len(ROWS)), SPEC.cars[2])
    ols = tests.get("calendar_time_ols").run(sample)
    expected = stats.ttest_1samp(a, 0.0)
    assert ols.statistic[2] == pytest.approx(expected.statistic, rel=1e-10)
    assert ols.p[2] == pytest.approx(expected.pvalue, rel=1e-9)
    # One date a row, weighted by its size: White's sandwich by hand.
    dates, share = len(a), size / size.sum()
    alpha = share @ a
    hc1 = np.sqrt(dates / (dates - 1) * ((share * (a - alpha)) ** 2).sum())
    assert tests.get("calendar_time_hc1").run(sample).statistic[2] == pytest.approx(alpha / hc1)
    off, lags = a - a.mean(), 10
    long_run = (off**2).sum() + 2 * sum(
        (1 - lag / (lags + 1)) * (off[lag:] * off[:-lag]).sum() for lag in range(1, lags + 1)
    )
    newey_west = np.sqrt(long_run / dates / (dates - 1))
    found = tests.get("calendar_time_newey_west").run(sample).statistic[2]
    assert found == pytest.approx(a.mean() / newey_west)


def test_a_date_counts_once_however_many_share_it(estimates: Estimates) -> None:
    """Thirty times the same event is one event."""
    one = windows_of(estimates, SPEC, DAY0).take(np.array([7]))
    many = windows_of(estimates, SPEC, DAY0).take(np.full(30, 7))
    two = windows_of(estimates, SPEC, DAY0).take(np.array([7, 7]))
    expected = one.scar[:, 0]
    for sample in (two, many):
        found = tests.get("calendar_time").run(sample).statistic[0]
        assert found == pytest.approx(expected[0], rel=1e-9)


def test_few_common_days_are_a_reason() -> None:
    spec = replace(SPEC, estimation=Window(-31, -6), min_obs=10)
    day0 = np.array([200, 203])
    sample = windows_of(run(noise(9), [1, 2], day0, "market", spec), spec, day0)
    outcome = tests.get("calendar_time").run(sample)
    assert "in common" in (outcome.reasons[2] or "")
