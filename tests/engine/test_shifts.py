"""Leads and lags of common series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from support.studies import noise

from backtest.engine.block import Block, Fit
from backtest.engine.job import Job
from backtest.engine.linear import fit_linear
from backtest.engine.shifts import reach, shifted
from backtest.models import models
from backtest.spec import StudySpec, Window


@dataclass(frozen=True)
class Model:
    regressors: tuple[str, ...]
    key = "shifted"
    title = "a test's own"
    source = "none"
    formula = "E[R] = α + …"

    def fit(self, block: Block) -> Fit:
        names = ("alpha", *self.regressors)
        return fit_linear(block, self.regressors, names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("market", ("market", 0)), ("market@-1", ("market", -1)), ("smb@+12", ("smb", 12))],
)
def test_names(name: str, expected: tuple[str, int]) -> None:
    assert shifted(name) == expected


def test_a_shift_that_is_no_number() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        shifted("market@yesterday")


def test_reach() -> None:
    assert reach([]) == (0, 0)
    assert reach([models.get("market"), models.get("mean")]) == (0, 0)
    assert reach([models.get("market"), models.get("dimson")]) == (1, 1)
    assert reach([Model(("market@+2",)), Model(("market", "market@-5"))]) == (5, 2)


def test_series_are_cut_shifted_and_missing_beyond_the_panel() -> None:
    returns = noise(61, sessions=60)
    spec = StudySpec(estimation=Window(-20, -6), window=Window(-5, 5), min_obs=5)
    model = Model(("market@-2", "market", "market@+1"))
    days = np.array([21, 54, 54])
    block = Job(returns, {"market": 0}, np.array([1, 2, 3]), days, model, spec).block()
    assert block.group.tolist() == [0, 1, 1]
    assert block.gap == 0
    for name, shift in (("market@-2", -2), ("market", 0), ("market@+1", 1)):
        for group, day in enumerate((21, 54)):
            for part, window in (("estimation", spec.estimation), ("event", spec.window)):
                cut = getattr(block.regressors[name], part)[group]
                for value, tau in zip(cut, range(window.start, window.end + 1), strict=True):
                    at = day + shift + tau
                    wanted = returns[0, at] if 0 <= at < 60 else np.nan
                    np.testing.assert_array_equal(value, wanted)


def test_the_gap_between_the_windows() -> None:
    spec = StudySpec(estimation=Window(-40, -31), window=Window(-5, 5), min_obs=5)
    job = Job(noise(62), {"market": 0}, np.array([1]), np.array([99]), models.get("mean"), spec)
    assert job.block().gap == 25
