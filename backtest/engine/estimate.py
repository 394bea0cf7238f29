"""The numeric path of a study: from the panel's returns to abnormal returns and CARs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Generic

import numpy as np

from backtest.engine.abnormal import (
    AbnormalReturns,
    CumulativeReturns,
    abnormal_returns,
    buy_and_hold,
    cumulate,
)
from backtest.engine.arrays import Bools, Ints
from backtest.engine.block import Block, Fit, Weighing
from backtest.engine.estimates import Estimates, Made, Standardised, put, room_like
from backtest.engine.event_test import EventSample
from backtest.engine.fast import Ready, fill_estimates, fill_standardised, worthwhile
from backtest.engine.job import Job
from backtest.engine.mapping import Mapper, shares_memory
from backtest.engine.measured import fit_measure
from backtest.engine.ranks import both_ranks
from backtest.engine.sample_quantile import sample_quantile

BLOCK = 2048
"""Observations computed together; bounds the memory at about 30 MB a thread."""

BLOCK_COMPILED = 4096
"""The same where machine code needs few copies."""

DAYS_TOGETHER = 512
"""Event days whose designs are factored together for machine code, some megabytes."""


def estimate(job: Job, map_blocks: Mapper) -> Estimates:
    """Estimate all observations of a job, block by block; the answer keeps the job's order."""
    return _by_block(_ESTIMATES, job, map_blocks)


def standardise(job: Job, map_blocks: Mapper) -> Standardised:
    """Estimate no more than abnormal returns and their errors; the order is the job's."""
    return _by_block(_STANDARDISED, job, map_blocks)


def estimate_block(job: Job) -> Estimates:
    """Estimate one block."""
    return _block(_ESTIMATES, job)


def standardise_block(job: Job) -> Standardised:
    """Estimate what `Standardised` holds of one block."""
    return _block(_STANDARDISED, job)


@dataclass(frozen=True, slots=True)
class _Kind(Generic[Made]):
    """Two ways to the same numbers.

    Attributes:
        block: function for `map_blocks`.
        made: estimates any block.
        fill: estimates by machine code into rows of arrays, and says which are left undone.
    """

    block: Callable[[Job], Made]
    made: Callable[[Job], Made]
    fill: Callable[[Job, Made, Ints, Ready], Bools]


def _by_block(kind: _Kind[Made], job: Job, map_blocks: Mapper) -> Made:
    """Compute a job in blocks.

    Blocks are cut from the observations sorted by event day, so that a block has few distinct
    designs and shares each among its events.
    """
    job = replace(job, compiled=worthwhile(job))
    order = _by_day(job)
    made = _room(kind, job, len(order))
    if job.compiled and shares_memory(map_blocks):
        _fill_all(kind, job, made, order, map_blocks)
        return made
    at_once = BLOCK_COMPILED if job.compiled else BLOCK
    cuts = [order[at : at + at_once] for at in range(0, len(order), at_once)] or [order]
    if job.tests or isinstance(job.model, Weighing):
        # They take long, and what observations share they share with those of their day.
        cuts = np.split(order, np.flatnonzero(np.diff(job.day0[order])) + 1)
    # One after the other as they come, so that the blocks are never there all at once.
    parts = map_blocks(kind.block, [job.take(cut) for cut in cuts])
    for cut, part in zip(cuts, parts, strict=True):
        put(made, cut, part)
    return made


def _fill_all(kind: _Kind[Made], job: Job, made: Made, order: Ints, map_blocks: Mapper) -> None:
    """Estimate all observations, in order of their days, into rows of arrays.

    The designs of many days are factored together and before the blocks are cut: in the threads
    that would be small work, for which they would wait for each other.
    """
    days: Ints = np.flatnonzero(np.diff(job.day0[order], prepend=-1))
    starts: list[int] = [*days[::DAYS_TOGETHER].tolist(), len(order)]
    for first, last in pairwise(starts):
        here = order[first:last]
        part = job.take(here)
        (ready,) = map_blocks(Ready.of, [part])
        fill = partial(_fill_piece, kind, part, made, here, ready)
        pieces = [slice(at, at + BLOCK_COMPILED) for at in range(0, len(here), BLOCK_COMPILED)]
        for _ in map_blocks(fill, pieces):
            pass


_NARROW = 1 << 16


def _by_day(job: Job) -> Ints:
    """Return the observations ordered by event day, those of one day by row."""
    if not len(job.rows) or job.day0.min() < 0 or max(job.day0.max(), job.rows.max()) >= _NARROW:
        return np.lexsort((job.rows, job.day0))
    # Two bytes are sorted by counting, fifteen times faster.
    order = np.argsort(job.rows.astype(np.uint16), kind="stable")
    return order[np.argsort(job.day0[order].astype(np.uint16), kind="stable")]


def _block(kind: _Kind[Made], job: Job) -> Made:
    """Estimate a block by itself."""
    if not job.compiled:
        return kind.made(job)
    made = _room(kind, job, len(job.rows))
    _fill(kind, job, made, np.arange(len(job.rows)), Ready.of(job))
    return made


def _room(kind: _Kind[Made], job: Job, count: int) -> Made:
    """Return arrays for so many observations, of the shapes that a block has."""
    nothing = np.empty(0, dtype=np.int64)
    return room_like(kind.made(job.take(nothing)), count)


def _fill_piece(
    kind: _Kind[Made], job: Job, made: Made, at: Ints, ready: Ready, some: slice
) -> None:
    """Estimate some observations of a job."""
    _fill(kind, job.take(some), made, at[some], ready.part(some))


def _fill(kind: _Kind[Made], job: Job, made: Made, at: Ints, ready: Ready) -> None:
    """Estimate a block into rows of arrays; what machine code left undone in the way that can."""
    odd = np.flatnonzero(kind.fill(job, made, at, ready))
    if len(odd):
        put(made, at[odd], kind.made(job.take(odd)))


def _standardised(job: Job) -> Standardised:
    _, _, daily, summed = _measured(job)
    return Standardised(daily.abnormal, daily.std_error, summed.car, summed.std_error)


def _estimated(job: Job) -> Estimates:
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
    block, fit = fit_measure(job.model, job.block(), spec.measure)
    daily = abnormal_returns(block.event, fit)
    return block, fit, daily, cumulate(daily.abnormal, fit, spec.window, spec.cars, spec.missing)


_ESTIMATES: _Kind[Estimates] = _Kind(estimate_block, _estimated, fill_estimates)
_STANDARDISED: _Kind[Standardised] = _Kind(standardise_block, _standardised, fill_standardised)
