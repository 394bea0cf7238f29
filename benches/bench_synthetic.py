"""Synthetic controls: the certified optimum among thousands of donors, one fit at a time.

Beside it SciPy's non-negative least squares of the same problem (Lawson & Hanson's form, which
`backtest.engine.active_set` explains), and the pricing of all donors, which every method has to do
at least once: one product of a matrix and a vector. Seconds: the aim is 0.15 for 5,000 donors and
250 days; a published solver takes 0.71 there, 0.21 for 100 days and 0.26 for 2,000 donors.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from measure import Step, alternate
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.optimize import nnls
from threadpoolctl import threadpool_limits

from backtest.engine.arrays import Floats
from backtest.engine.simplex_least_squares import simplex_fits, simplex_least_squares

PRICING, NNLS = "one pricing of all donors", "SciPy's NNLS, uncertified"
EVENTS = 8


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in a study, where blocks are computed in threads and linear algebra starts none."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


@pytest.mark.parametrize(("donors", "days"), [(2_000, 250), (5_000, 100), (5_000, 250)])
def test_one_fit(benchmark: BenchmarkFixture, donors: int, days: int) -> None:
    (y, *_), X = _drawn(donors, days)
    rows = np.vstack([np.full(donors, X.std()), X - y[:, None]])
    aim = np.append(X.std(), np.zeros(days))
    alternate(
        benchmark,
        f"synthetic control: {donors:,} SIMULATED donors, {days} days, one fit",
        Step(PRICING, lambda: X.T @ y),
        Step(NNLS, lambda: nnls(rows, aim)),
        Step("certified optimum", lambda: _certified(y, X), over=NNLS, at_most=1.0),
        rounds=7,
    )


def test_events_that_share_donors(benchmark: BenchmarkFixture) -> None:
    targets, X = _drawn(5_000, 250)
    alternate(
        benchmark,
        f"synthetic control: {EVENTS} events of one day, 5,000 SIMULATED donors, 250 days",
        Step("each alone", partial(_each_alone, targets, X), count=EVENTS),
        Step("together", lambda: list(simplex_fits(targets, X)), over="each alone", count=EVENTS),
        rounds=5,
    )


def _each_alone(targets: Floats, X: Floats) -> None:
    for y in targets:
        _certified(y, X)


def _certified(y: Floats, X: Floats) -> None:
    assert simplex_least_squares(y, X).certified


def _drawn(donors: int, days: int) -> tuple[Floats, Floats]:
    """Return SIMULATED returns of events (k, T) and donors (T, n) with three common factors."""
    rng = np.random.default_rng(7)
    factors = rng.normal(0.0, 0.01, (days, 3))
    loadings = rng.normal(1.0, 0.3, (3, donors + EVENTS))
    returns = factors @ loadings + rng.normal(0.0, 0.02, (days, donors + EVENTS))
    return np.ascontiguousarray(returns[:, :EVENTS].T), returns[:, EVENTS:]
