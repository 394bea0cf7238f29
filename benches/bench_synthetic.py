"""Synthetic controls: the certified optimum among thousands of donors, one fit at a time.

Beside it SciPy's non-negative least squares of the same problem (Lawson & Hanson's form, which
`backtest.engine.active_set` explains), and the pricing of all donors, which every method has to do
at least once: one product of a matrix and a vector. The aim is a time, so it is held against a wait
of that long: 0.15 s for 5,000 donors and 250 days, where a published solver takes 0.71 s (0.21 s
for 100 days, 0.26 s for 2,000 donors). Problems with a known optimum are mostly real, and hard:
there that solver stops up to 5e-5 above it; ours has to come within 1e-8.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from measure import Step, alternate
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.optimize import nnls
from threadpoolctl import threadpool_limits

from backtest.engine.arrays import Floats
from backtest.engine.estimate import estimate
from backtest.engine.job import Job
from backtest.engine.mapping import one_by_one
from backtest.engine.pool import Pool
from backtest.engine.simplex_least_squares import (
    CERTIFIED,
    SimplexFit,
    simplex_fits,
    simplex_least_squares,
)
from backtest.inference import event_tests_of
from backtest.models import models
from backtest.spec import StudySpec, Window

PRICING, NNLS = "one pricing of all donors", "SciPy's NNLS, uncertified"
AIM, SECONDS = "the aim, 0.15 s", 0.15
EVENTS = 8
SOLVED = Path(__file__).parents[2] / "shared" / "reference" / "synthetic_control"
"""Problems with their exact optima, in files `NAME.npz` and `NAME_exact.npz`."""


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
        Step(AIM, lambda: time.sleep(SECONDS)),
        Step("certified optimum", lambda: _certified(y, X), over=AIM, at_most=1.0),
        rounds=7,
    )


@pytest.mark.parametrize("name", sorted(one.stem[:-6] for one in SOLVED.glob("*_exact.npz")))
def test_a_known_optimum(benchmark: BenchmarkFixture, name: str) -> None:
    problem = np.load(SOLVED / f"{name}.npz")
    y, X = problem["b"], problem["A"]
    optimum = float(np.load(SOLVED / f"{name}_exact.npz")["objective"])
    above = _certified(y, X).objective / optimum - 1.0
    assert abs(above) <= CERTIFIED, above
    rows = np.vstack([np.full(X.shape[1], X.std()), X - y[:, None]])
    aim = np.append(X.std(), np.zeros(len(y)))
    alternate(
        benchmark,
        f"synthetic control: {name}, {above:.0e} above the exact optimum",
        Step(NNLS, lambda: nnls(rows, aim)),
        Step("certified optimum", lambda: _certified(y, X), over=NNLS),
        rounds=5,
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


def test_placebos_of_one_day(benchmark: BenchmarkFixture) -> None:
    """The events of a day share the placebo fits of their donors."""
    _, X = _drawn(500, 121)
    alternate(
        benchmark,
        f"in-space placebos: {EVENTS} events of one day, 500 SIMULATED securities, 100 days",
        Step("one event", lambda: _tested(X, 1)),
        Step("all of them", lambda: _tested(X, EVENTS), over="one event", at_most=2.0),
        rounds=3,
    )


def _tested(X: Floats, events: int) -> None:
    """Test the first securities; the next one stands for the market."""
    returns = np.ascontiguousarray(X.T)
    rows, days = np.arange(events), np.full(events, 110)
    spec = StudySpec(estimation=Window(-110, -11), window=Window(-10, 10))
    parties = (np.arange(EVENTS), np.full(EVENTS, 110), np.arange(EVENTS))
    eligible = np.arange(len(returns)) != EVENTS
    pool = Pool(eligible, None, np.full(len(returns), -1), *parties)
    model, tests = models.get("synthetic"), event_tests_of(["in_space"])
    job = Job(returns, {"market": EVENTS}, rows, days, model, spec, pool, tests)
    assert np.isfinite(estimate(job, one_by_one).tests["in_space"].p).all()


def _each_alone(targets: Floats, X: Floats) -> None:
    for y in targets:
        _certified(y, X)


def _certified(y: Floats, X: Floats) -> SimplexFit:
    fit = simplex_least_squares(y, X)
    assert fit.certified
    return fit


def _drawn(donors: int, days: int) -> tuple[Floats, Floats]:
    """Return SIMULATED returns of events (k, T) and donors (T, n) with three common factors."""
    rng = np.random.default_rng(7)
    factors = rng.normal(0.0, 0.01, (days, 3))
    loadings = rng.normal(1.0, 0.3, (3, donors + EVENTS))
    returns = factors @ loadings + rng.normal(0.0, 0.02, (days, donors + EVENTS))
    return np.ascontiguousarray(returns[:, :EVENTS].T), returns[:, EVENTS:]
