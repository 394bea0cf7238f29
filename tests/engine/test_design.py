"""What a sample looks like, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.studies import noise, run, windows_of

from backtest.engine.design import sample_design
from backtest.engine.sample import Sample
from backtest.spec import StudySpec, Window

CARS = (Window(0, 0), Window(-2, 2))
SPEC = StudySpec(estimation=Window(-120, -6), window=Window(-5, 5), cars=CARS)

# Sessions 200 and 203 share part of −2:2, 205 and 230 share none with the one before.
DAY0 = np.array([200, 200, 203, 208, 230])


def _sample(day0: np.ndarray, missing: float = 0.0) -> Sample:
    rows = np.arange(1, len(day0) + 1)
    return windows_of(run(noise(1, missing=missing), rows, day0, "market", SPEC), SPEC, day0)


def test_dates_and_overlaps() -> None:
    design = sample_design(_sample(DAY0), CARS)
    assert (design.n, design.events, design.securities, design.dates) == (5, 5, 5, 4)
    assert (design.shared, design.shared_date) == (2, str(np.datetime64("1950-01-01") + 200))
    assert design.overlapping == 3  # 198–202 twice, and 201–205
    assert design.repeated == 0
    assert design.missing == 0.0


def test_securities_that_come_again_while_their_window_lasts() -> None:
    sample = _sample(DAY0)
    codes = np.array([1, 2, 2, 1, 1])
    again = replace(sample, history=replace(sample.before, security=codes, event=np.arange(5) // 2))
    design = sample_design(again, CARS)
    assert (design.events, design.securities) == (3, 2)
    assert design.repeated == 1  # the second, on 200 and 203; the first comes on 200, 208 and 230


def test_correlation_and_skewness_are_those_of_the_windows() -> None:
    sample = _sample(DAY0)
    design = sample_design(sample, CARS)
    assert (design.r_bar, design.r_bar_widest) == tuple(sample.cross_correlation)
    assert design.skewness == pytest.approx(stats.skew(sample.scar[:, 0], bias=False))


def test_missing_days_are_a_share_of_all() -> None:
    sample = _sample(DAY0, missing=0.05)
    design = sample_design(sample, CARS)
    assert design.missing == np.isnan(sample.before.abnormal).mean() > 0.02


def test_one_observation_and_none() -> None:
    one = sample_design(_sample(DAY0[:1]), CARS)
    assert (one.n, one.shared, one.overlapping) == (1, 1, 0)
    assert np.isnan([one.skewness, one.r_bar]).all()
    nothing = sample_design(_sample(DAY0).take(np.array([], dtype=np.int64)), CARS)
    assert (nothing.n, nothing.events, nothing.shared, nothing.shared_date) == (0, 0, 0, None)
