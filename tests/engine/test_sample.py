"""What tests are given and how they answer."""

from __future__ import annotations

import numpy as np
from support.studies import sample_of

from backtest.engine.sample import Outcome

NAN = np.nan


def test_each_column_counts_its_own_observations() -> None:
    sample = sample_of(np.array([[1.0, NAN, NAN], [2.0, 3.0, NAN]]))
    assert sample.n.tolist() == [2, 1, 0]
    assert sample.present.tolist() == [[True, False, False], [True, True, False]]


def test_part_of_a_sample() -> None:
    sample = sample_of(np.arange(12.0).reshape(4, 3))
    part = sample.take(np.array([3, 1]))
    assert part.car.tolist() == [[9, 10, 11], [3, 4, 5]]
    assert part.scar.tolist() == part.car.tolist()
    assert part.sar_sum.tolist() == part.car.tolist()
    assert part.n_days.shape == (2, 3)
    assert part.dof.shape == (2,)
    assert part.columns == sample.columns


def test_a_reason_blanks_the_numbers_and_the_first_wins() -> None:
    values = np.array([1.0, 2.0, 3.0])
    undefined = {
        "first": np.array([True, False, False]),
        "second": np.array([True, True, False]),
    }
    outcome = Outcome.of(values, values, values, undefined)
    assert outcome.reasons == ("first", "second", None)
    for numbers in (outcome.statistic, outcome.dof, outcome.p):
        assert np.isnan(numbers).tolist() == [True, True, False]
        assert numbers[2] == 3.0
    assert np.isnan(Outcome.of(values, None, values, {}).dof).all()
