"""Patell's z against the formula, for unequal freedom, missing days and too little freedom."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from backtest.engine.sample import Sample
from backtest.inference import tests
from backtest.spec import Window

NAN = np.nan
PATELL = tests.get("patell")


def _sample(sar_sum: np.ndarray, n_days: np.ndarray, dof: np.ndarray) -> Sample:
    columns = tuple(Window(0, day) for day in range(sar_sum.shape[1]))
    return Sample(columns, sar_sum, sar_sum, np.nan_to_num(sar_sum), n_days, dof)


def test_by_hand() -> None:
    # Two events: 10 and 4 degrees of freedom, a day and a window of 3 days.
    outcome = PATELL.run(
        _sample(np.array([[1.5, 2.0], [2.5, -1.0]]), np.array([[1, 3], [1, 3]]), np.array([10, 4]))
    )
    day = 4.0 / np.sqrt(10 / 8 + 4 / 2)
    window = 1.0 / np.sqrt(3 * 10 / 8 + 3 * 4 / 2)
    np.testing.assert_allclose(outcome.statistic, [day, window], rtol=1e-15)
    np.testing.assert_allclose(outcome.p, 2 * norm.sf([day, window]), rtol=1e-12)
    assert np.isnan(outcome.dof).all()


def test_days_that_are_missing_do_not_count() -> None:
    """Under `lenient` an event enters with the days it has; one without any not at all."""
    outcome = PATELL.run(
        _sample(
            np.array([[1.0, 2.0], [3.0, 4.0], [5.0, NAN]]),
            np.array([[1, 5], [1, 2], [1, 0]]),
            np.array([100, 50, 20]),
        )
    )
    spread = [
        np.sqrt(100 / 98 + 50 / 48 + 20 / 18),
        np.sqrt(5 * 100 / 98 + 2 * 50 / 48),
    ]
    np.testing.assert_allclose(outcome.statistic, [9 / spread[0], 6 / spread[1]], rtol=1e-15)


@pytest.mark.parametrize("dof", [0, 1, 2])
def test_the_variance_of_a_t_with_two_degrees_is_infinite(dof: int) -> None:
    sample = _sample(
        np.array([[1.0, 1.0], [1.0, 1.0], [1.0, NAN]]),
        np.ones((3, 2), int),
        np.array([50, 50, dof]),
    )
    assert PATELL.run(sample).reasons == (
        "an observation has 2 or fewer degrees of freedom",
        None,
    )
