"""The placebo test: its p by hand, and where it is not defined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.studies import sample_of

from backtest.engine.sample import Sample
from backtest.inference import tests

PERMUTATION = tests.get("permutation")


def _sample(count: int = 3, draws: int = 199) -> Sample:
    rng = np.random.default_rng(1)
    sample = sample_of(rng.normal(0.5, 1.0, (count, 2)))
    return replace(sample, placebo=rng.normal(0.0, 1.0, (count, draws, 2)))


@pytest.mark.parametrize("count", [1, 3])
def test_p_is_the_share_of_placebo_means_as_far_out(count: int) -> None:
    sample = _sample(count)
    assert sample.placebo is not None
    outcome = PERMUTATION.run(sample)
    for column in range(2):
        own = sample.scar[:, column].mean()
        means = sample.placebo[:, :, column].mean(axis=0)
        assert outcome.statistic[column] == pytest.approx(own)
        assert outcome.p[column] == (1 + (abs(means) >= abs(own)).sum()) / 200


def test_draws_without_a_scar_leave_the_others() -> None:
    sample = _sample(2)
    assert sample.placebo is not None
    sample.placebo[0, :20] = np.nan  # of one event: the other stands for the draw
    sample.placebo[:, 20:25] = np.nan  # of both: no draw
    outcome = PERMUTATION.run(sample)
    means = np.vstack([sample.placebo[1, :20], sample.placebo[:, 25:].mean(axis=0)])
    extreme = (abs(means) >= abs(sample.scar.mean(axis=0))).sum(axis=0)
    assert outcome.p.tolist() == ((1 + extreme) / (1 + 194)).tolist()


def test_an_event_without_placebo_dates_is_a_reason() -> None:
    sample = _sample()
    assert sample.placebo is not None
    sample.placebo[1] = np.nan
    outcome = PERMUTATION.run(sample)
    assert all("no placebo dates" in (reason or "") for reason in outcome.reasons)
    assert np.isnan(outcome.p).all()


def test_few_draws_are_a_reason() -> None:
    assert "too many observations" in (PERMUTATION.run(_sample(draws=50)).reasons[0] or "")


def test_no_observations() -> None:
    nothing = _sample().take(np.array([], dtype=np.int64))
    assert PERMUTATION.run(nothing).reasons == ("no observations",) * 2


def test_no_draws_at_all_are_few_draws() -> None:
    """Of so many observations that none could be drawn for, it is not the dates that lack."""
    assert "too many observations" in (PERMUTATION.run(_sample(draws=0)).reasons[0] or "")
