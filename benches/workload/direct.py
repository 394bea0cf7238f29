"""A sample straight from estimates, without the tables of a study between them."""

from __future__ import annotations

import os
from functools import partial

import numpy as np

from backtest.engine.abnormal import window_matrix
from backtest.engine.estimate import estimate
from backtest.engine.estimates import Estimates
from backtest.engine.history import History
from backtest.engine.job import Job
from backtest.engine.mapping import Mapper
from backtest.engine.rows import Rows
from backtest.engine.sample import Sample, prepare, uses_placebos
from backtest.executors import executors
from backtest.inference import tests
from backtest.models import models
from backtest.spec import StudySpec, Window

THREADS = os.cpu_count() or 1


SIMPLE_TESTS = ("cross_sectional", "patell", "bmp", "sign", "wilcoxon")
"""Tests that look at the event windows alone."""


def threads() -> Mapper:
    """Return what spreads blocks over all processors."""
    return partial(executors.get("local").map, jobs=THREADS)


def with_all_tests(job: Job, map_blocks: Mapper) -> None:
    """Estimate, and run every sample test that does not draw samples anew."""
    sample = sample_of(estimate(job, map_blocks), job)
    chosen = [tests.get(key) for key in sorted(tests.keys()) if key not in resampled()]
    prepare(sample, chosen, map_blocks)
    list(map_blocks(lambda test: test.run(sample), chosen))


def sample_of(estimates: Estimates, job: Job) -> Sample:
    """Return all observations of one exchange: the event window's days, then the CAR windows."""
    spec, sessions = job.spec, job.returns.shape[1]
    inside = np.flatnonzero([len(car) > 1 for car in spec.cars])
    windows = tuple(spec.cars[i] for i in inside)
    days = tuple(Window(day, day) for day in range(spec.window.start, spec.window.end + 1))
    sums = np.nan_to_num(estimates.sar) @ window_matrix(spec.window, windows)
    present = np.isfinite(estimates.sar)
    numbers = np.arange(len(job.rows))
    history = History(
        Rows(estimates.history),
        Rows(estimates.ranks),
        Rows(estimates.own_ranks),
        estimates.std_error,
        np.full(len(job.rows), np.nan),
        estimates.sigma,
        job.day0,
        np.zeros_like(job.day0),
        numbers,
        job.rows,
        (np.arange(sessions),),
        np.datetime64("2020-01-01", "D") + np.arange(sessions),
        spec.estimation,
        spec.window,
    )
    return Sample(
        days + windows,
        np.hstack([estimates.abnormal, estimates.car[:, inside]]),
        np.hstack([estimates.sar, estimates.scar[:, inside]]),
        np.hstack([estimates.sar, sums]),
        np.hstack([present, estimates.n_days[:, inside]]).astype(np.int64),
        estimates.dof,
        history,
        np.hstack([estimates.abnormal, estimates.bhar[:, inside]]),
    )


SECURITIES, SESSIONS = 2_500, 1_148
FACTORS = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")


def simulated_job(model: str, count: int) -> Job:
    """Return SIMULATED events of a panel of the reference table's shape."""
    rng = np.random.default_rng(7)
    returns = rng.normal(0.0004, 0.02, (SECURITIES + len(FACTORS), SESSIONS))
    commons = {"market": 0, **{name: SECURITIES + at for at, name in enumerate(FACTORS)}}
    rows = rng.integers(1, SECURITIES, count)
    day0 = rng.integers(270, SESSIONS - 11, count)
    return Job(returns, commons, rows, day0, models.get(model), StudySpec())


def resampled() -> set[str]:
    """Return the keys of tests that draw samples anew."""
    every = sorted(tests.keys())
    return {key for key in every if "bootstrap" in key or uses_placebos(tests.get(key))}
