"""When linear models go through machine code, and what is made ready for it.

Loading a compiler takes longer than estimating thousands of observations, and compiling for the
first time takes seconds, so only large jobs do. The numbers agree with the slow path's to about
1e-13 of themselves: the formulas are the same, sums are taken in another order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from backtest.engine.arrays import Bools, Ints
from backtest.engine.estimates import Estimates, Standardised
from backtest.engine.job import Job
from backtest.engine.linear import LinearForm, linear_form
from backtest.engine.ranks import MOST_DAYS
from backtest.engine.sample_quantile import MIN_SUMS, quantile_p
from backtest.engine.shared_designs import SharedDesigns

FEWEST = 20_000
"""Observations from which on machine code is worth loading."""


def worthwhile(job: Job) -> bool:
    """Whether a job, not yet cut into blocks, should be computed by machine code."""
    return (
        len(job.rows) >= FEWEST
        and job.spec.measure != "volatility"
        and linear_form(job.model) is not None
        and len(_form(job).coefficients) < len(job.spec.estimation)
        and len(job.spec.estimation) + len(job.spec.window) <= MOST_DAYS
        and job.returns.flags.c_contiguous
        and can_compile()
    )


@cache
def can_compile() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def _form(job: Job) -> LinearForm:
    form = linear_form(job.model)
    if form is None:
        raise TypeError(f"{job.model.key} is not linear")
    return form


@dataclass(frozen=True, slots=True)
class Ready:
    """A block's observations and designs, as the kernels take them.

    Attributes:
        first: (n,) first session of the estimation window; −1 where a window leaves the panel.
        gap: sessions from there to the first of the event window.
        group: (n,) design of each observation.
        designs: of the distinct event days.
        cars: (W, 2) first place and end of each CAR window in the event window.
        odd: (n,) room for which observations the kernel cannot estimate.
    """

    first: Ints
    gap: int
    group: Ints
    designs: SharedDesigns
    cars: Ints
    odd: Bools

    @classmethod
    def of(cls, job: Job) -> Ready:
        """Factor the designs of a block's event days."""
        spec = job.spec
        days, group = np.unique(job.day0, return_inverse=True)
        shape = (len(days), len(spec.estimation), len(spec.window))
        first = job.day0 + spec.estimation.start
        inside = (first >= 0) & (job.day0 + spec.window.end < job.returns.shape[1])
        return cls(
            np.where(inside, first, -1),
            spec.window.start - spec.estimation.start,
            group,
            SharedDesigns.of(_form(job), job.series(days), shape, spec.window, spec.cars),
            np.array([[car.start, car.end + 1] for car in spec.cars]) - spec.window.start,
            np.empty(len(job.rows), dtype=np.bool_),
        )

    def arguments(self, job: Job) -> tuple[Any, ...]:
        """Return what every kernel takes first."""
        shared = self.designs
        return (
            job.returns,
            job.rows,
            self.first,
            self.gap,
            self.group,
            shared.complete,
            shared.q,
            shared.inverse_r,
            shared.event,
            shared.daily,
            shared.summed,
            shared.free,
            shared.free_event,
            self.cars,
        )


def fill_standardised(job: Job, made: Standardised, at: Ints) -> Bools:
    """Write a block's observations to rows `at` (n,); return which (n,) are left undone."""
    from backtest.engine import kernels

    ready = Ready.of(job)
    written = made.abnormal, made.std_error, made.car, made.car_error
    kernels.standardised(*ready.arguments(job), at, *written, ready.odd)
    return ready.odd


def fill_estimates(job: Job, made: Estimates, at: Ints) -> Bools:
    """Write a block's observations to rows `at` (n,); return which (n,) are left undone."""
    from backtest.engine import kernels

    ready, spec = Ready.of(job), job.spec
    coefficients = np.empty((len(at), len(made.coefficients)))
    kernels.estimated(
        *ready.arguments(job),
        at,
        made.abnormal,
        made.std_error,
        made.car,
        made.car_error,
        ready.odd,
        made.returns,
        made.expected,
        made.history,
        made.sigma,
        made.r_squared,
        coefficients,
    )
    for values, own in zip(made.coefficients.values(), coefficients.T, strict=True):
        values[at] = own
    for lost in made.unusable.values():
        lost[at] = False
    days = len(spec.estimation)
    made.n_obs[at], made.dof[at] = days, days - coefficients.shape[1]
    made.n_days[at] = [len(car) for car in spec.cars]
    kernels.derived(
        made.returns,
        made.expected,
        made.abnormal,
        made.std_error,
        made.car,
        made.car_error,
        ready.cars,
        spec.returns == "log",
        at,
        ready.odd,
        made.sar,
        made.scar,
        made.bhar,
    )
    if spec.measure != "return":
        made.bhar[at] = np.nan
    _compare(job, made, at, ready)
    return ready.odd


def _compare(job: Job, made: Estimates, at: Ints, ready: Ready) -> None:
    """Rank each observation's days, and its CARs among its own past."""
    from backtest.engine import rank_kernels

    days = made.own_ranks.shape[1]
    keys = np.zeros((len(at), made.history.shape[1]), dtype=np.int64)
    rank_kernels.keys_of(made.history, at, ready.odd, keys)
    keys.sort(axis=1)
    rank_kernels.place(keys, made.history, at, ready.odd, made.ranks, made.own_ranks)
    rank_kernels.quantile_ranks(
        made.history, made.car, ready.cars, at, ready.odd, days, made.sq_rank
    )
    lengths = np.array([len(car) for car in job.spec.cars])
    among = np.where(lengths <= days, days - lengths + 1, 0)
    made.sq_n[at] = among
    made.sq_p[at] = quantile_p(made.sq_rank[at], among, among >= MIN_SUMS)
