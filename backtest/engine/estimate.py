"""The numeric path of a study: from the panel's returns to abnormal returns and CARs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from backtest.engine.abnormal import (
    AbnormalReturns,
    CumulativeReturns,
    abnormal_returns,
    buy_and_hold,
    cumulate,
)
from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import Block, ExpectedReturnModel, Fit, Pooled, Regressor, Weighing
from backtest.engine.event_test import EventOutcome, EventSample, EventTest
from backtest.engine.mapping import Mapper
from backtest.engine.measured import fit_measure, series_needed
from backtest.engine.pool import Candidates, Pool
from backtest.engine.ranks import Ranks, both_ranks
from backtest.engine.sample_quantile import sample_quantile
from backtest.engine.shifts import shifted
from backtest.engine.windows import gather
from backtest.spec import StudySpec

BLOCK = 2048
"""Observations computed together; bounds the memory at about 30 MB a thread."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """What one model says of n observations; every array's first axis is n.

    Attributes:
        returns, expected, abnormal, std_error, sar: (n, L) by day of the event window.
        n_days, car, car_error, scar, bhar: (n, W) by CAR window.
        n_obs, dof, sigma, r_squared: (n,) of the estimation.
        coefficients: by name, each (n,).
        unusable: reason → (n,).
        sq_rank, sq_n, sq_p: (n, W) the sample-quantile test of each CAR.
        history: (n, M + L) abnormal returns of the estimation and then of the event window.
        ranks: (n, M + L) twice the mid-rank of each over both windows, 0 where missing.
        own_ranks: (n, M) the same within the estimation window alone.
        tests: answers of the job's tests of single events, by key.
    """

    returns: Floats
    expected: Floats
    abnormal: Floats
    std_error: Floats
    sar: Floats
    n_days: Ints
    car: Floats
    car_error: Floats
    scar: Floats
    bhar: Floats
    n_obs: Ints
    dof: Ints
    sigma: Floats
    r_squared: Floats
    coefficients: dict[str, Floats]
    unusable: dict[str, Bools]
    sq_rank: Ints
    sq_n: Ints
    sq_p: Floats
    history: Floats
    ranks: Ranks
    own_ranks: Ranks
    tests: dict[str, EventOutcome]


@dataclass(frozen=True, slots=True)
class Standardised:
    """Standardised abnormal returns of n observations, where nothing else is asked.

    Attributes:
        sar: (n, L) by day of the event window.
        scar: (n, W) by CAR window.
    """

    sar: Floats
    scar: Floats


Made = TypeVar("Made", Estimates, Standardised, EventOutcome)


@dataclass(frozen=True, slots=True)
class Job:
    """A block of observations with all it needs; blocks are independent of each other.

    Attributes:
        returns: (securities, S) panel returns, or log volumes where these are studied.
        commons: row of each common series by its name, without leads and lags.
        rows: (n,) panel row of each observation.
        day0: (n,) session index of τ = 0.
        model: the model.
        spec: windows and conventions.
        pool: the first securities as possible controls, for a model that asks for them.
        tests: tests of single events that are asked for.
    """

    returns: Floats
    commons: dict[str, int]
    rows: Ints
    day0: Ints
    model: ExpectedReturnModel
    spec: StudySpec
    pool: Pool | None = None
    tests: tuple[EventTest, ...] = ()


def estimate(job: Job, map_blocks: Mapper) -> Estimates:
    """Estimate all observations of a job, block by block; the answer keeps the job's order."""
    return _by_block(estimate_block, job, map_blocks)


def standardise(job: Job, map_blocks: Mapper) -> Standardised:
    """Estimate no more than the SARs and SCARs; the answer keeps the job's order."""
    return _by_block(standardise_block, job, map_blocks)


def _by_block(function: Callable[[Job], Made], job: Job, map_blocks: Mapper) -> Made:
    """Compute a job in blocks.

    Blocks are cut from the observations sorted by event day, so that a block has few distinct
    designs and shares each among its events.
    """
    order = np.lexsort((job.rows, job.day0))
    cuts = [order[at : at + BLOCK] for at in range(0, len(order), BLOCK)] or [order]
    if job.tests or isinstance(job.model, Weighing):
        # They take long, and what observations share they share with those of their day.
        cuts = np.split(order, np.flatnonzero(np.diff(job.day0[order])) + 1)
    jobs = [replace(job, rows=job.rows[cut], day0=job.day0[cut]) for cut in cuts]
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return _joined(list(map_blocks(function, jobs)), back)


def standardise_block(job: Job) -> Standardised:
    """Estimate the SARs and SCARs of one block."""
    _, _, daily, summed = _measured(job)
    return Standardised(daily.sar, summed.scar)


def estimate_block(job: Job) -> Estimates:
    """Estimate one block; volume and volatility do not compound, so they have no BHAR."""
    spec = job.spec
    block, fit, daily, summed = _measured(job)
    bhar = buy_and_hold(
        block.event,
        fit.expected,
        np.isfinite(summed.car) & (spec.measure == "return"),
        spec.window,
        spec.cars,
        log=spec.returns == "log",
    )
    quantile = sample_quantile(fit.residuals, summed.car, summed.n_days, spec.cars)
    history = np.hstack([fit.residuals, daily.abnormal])
    ranks, own_ranks = both_ranks(history, len(spec.estimation))
    tried = EventSample(job.model, block, fit, daily.abnormal, summed.car, spec)
    return Estimates(
        returns=block.event,
        expected=fit.expected,
        abnormal=daily.abnormal,
        std_error=daily.std_error,
        sar=daily.sar,
        n_days=summed.n_days,
        car=summed.car,
        car_error=summed.std_error,
        scar=summed.scar,
        bhar=bhar,
        n_obs=fit.n_obs,
        dof=fit.dof,
        sigma=fit.sigma,
        r_squared=fit.r_squared,
        coefficients=fit.coefficients,
        unusable=fit.unusable,
        sq_rank=quantile.rank,
        sq_n=quantile.n,
        sq_p=quantile.p,
        history=history,
        ranks=ranks,
        own_ranks=own_ranks,
        tests={test.key: test.run(tried) for test in job.tests},
    )


def _measured(job: Job) -> tuple[Block, Fit, AbnormalReturns, CumulativeReturns]:
    """Fit a block and take off what was expected."""
    spec = job.spec
    block, fit = fit_measure(job.model, _cut(job), spec.measure)
    daily = abnormal_returns(block.event, fit)
    return block, fit, daily, cumulate(daily.abnormal, fit, spec.window, spec.cars, spec.missing)


def _cut(job: Job) -> Block:
    """Gather the block's windows and, once for each distinct event day, the common series."""
    days, group = np.unique(job.day0, return_inverse=True)
    spec = job.spec
    regressors = {}
    for name in series_needed(job.model, spec.measure):
        series, shift = shifted(name)
        row = np.full(len(days), job.commons[series])
        regressors[name] = Regressor(
            gather(job.returns, row, days + shift, spec.estimation),
            gather(job.returns, row, days + shift, spec.window),
        )
    return Block(
        gather(job.returns, job.rows, job.day0, spec.estimation),
        gather(job.returns, job.rows, job.day0, spec.window),
        group,
        regressors,
        gap=spec.window.start - spec.estimation.end - 1,
        pool=_candidates(job),
    )


def _candidates(job: Job) -> Candidates | None:
    """Return the possible controls of a block, where the model asks for them."""
    if job.pool is None or not isinstance(job.model, Pooled):
        return None
    windows = (job.spec.estimation, job.spec.window)
    return Candidates.of(job.pool, job.returns, job.rows, job.day0, windows)


def _joined(parts: Sequence[Made], back: Ints) -> Made:
    """Concatenate blocks and put the observations back into their own order."""
    kind = type(parts[0])
    joined: dict[str, Any] = {}
    for one in fields(kind):
        values = [getattr(part, one.name) for part in parts]
        if isinstance(values[0], dict):
            joined[one.name] = {
                name: _together([value[name] for value in values], back) for name in values[0]
            }
        else:
            joined[one.name] = np.concatenate(values)[back]
    return kind(**joined)


def _together(values: Sequence[Any], back: Ints) -> Any:
    """Concatenate what stands under one name in each block: arrays, or answers of a test."""
    if isinstance(values[0], EventOutcome):
        return _joined(values, back)
    return np.concatenate(values)[back]
