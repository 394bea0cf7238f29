"""Linear models by machine code: which jobs can be, and what is made ready for them.

Jobs with tests of single events go the other way: those look at all that a model says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backtest.engine.arrays import Bools, Ints
from backtest.engine.estimates import Estimates, Standardised
from backtest.engine.job import Job
from backtest.engine.linear import LinearForm, linear_form
from backtest.engine.machine_code import worth_loading
from backtest.engine.ranks import DAY_BITS
from backtest.engine.sample_quantile import MIN_SUMS, quantile_p
from backtest.engine.shared_designs import SharedDesigns

_AT_ONCE = 256
"""Observations ranked together, 300 kB."""


def worthwhile(job: Job) -> bool:
    """Whether a job, not yet cut into blocks, should be computed by machine code."""
    return (
        worth_loading(max(len(job.rows), job.among))
        and not job.tests
        and job.spec.measure != "volatility"
        and linear_form(job.model) is not None
        and len(_form(job).coefficients) < len(job.spec.estimation)
        and len(job.spec.estimation) + len(job.spec.window) <= 1 << DAY_BITS
        and job.returns.flags.c_contiguous
    )


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
        days, group = job.days()
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

    def part(self, some: slice) -> Ready:
        """Return some of the observations; what is marked odd among them is so here too."""
        return replace(self, first=self.first[some], group=self.group[some], odd=self.odd[some])

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


def fill_standardised(job: Job, made: Standardised, at: Ints, ready: Ready) -> Bools:
    """Write a block's observations to rows `at` (n,); return which (n,) are left undone."""
    from backtest.engine import kernels

    written = made.abnormal, made.std_error, made.car, made.car_error
    kernels.standardised(*ready.arguments(job), at, *written, ready.odd)
    return ready.odd


def fill_estimates(job: Job, made: Estimates, at: Ints, ready: Ready) -> Bools:
    """Write a block's observations to rows `at` (n,); return which (n,) are left undone."""
    for start in range(0, len(at), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        _fill_piece(job.take(some), made, at[some], ready.part(some))
    spec = job.spec
    days, lengths = len(spec.estimation), np.array([len(car) for car in spec.cars])
    for lost in made.unusable.values():
        lost[at] = False
    made.n_obs[at], made.dof[at] = days, days - len(made.coefficients)
    made.n_days[at] = lengths
    if spec.measure != "return":
        made.bhar[at] = np.nan
    among = np.where(lengths <= days, days - lengths + 1, 0)
    made.sq_n[at] = among
    made.sq_p[at] = quantile_p(made.sq_rank[at], among, among >= MIN_SUMS)
    return ready.odd


def _fill_piece(job: Job, made: Estimates, at: Ints, ready: Ready) -> None:
    """Estimate and rank a few observations, whose days stay in the processor's cache."""
    from backtest.engine import kernels, rank_kernels

    odd = ready.odd
    coefficients = np.empty((len(at), len(made.coefficients)))
    kernels.estimated(
        *ready.arguments(job),
        at,
        made.abnormal,
        made.std_error,
        made.car,
        made.car_error,
        odd,
        made.returns,
        made.expected,
        made.history,
        made.sigma,
        made.r_squared,
        coefficients,
    )
    for values, own in zip(made.coefficients.values(), coefficients.T, strict=True):
        values[at] = own
    kernels.derived(
        made.returns,
        made.expected,
        made.abnormal,
        made.std_error,
        made.car,
        made.car_error,
        ready.cars,
        job.spec.returns == "log",
        at,
        odd,
        made.sar,
        made.scar,
        made.bhar,
    )
    days = made.own_ranks.shape[1]
    keys = np.zeros((len(at), made.history.shape[1]), dtype=np.int32)
    rank_kernels.keys_of(made.history, at, odd, keys)
    keys.sort(axis=1)
    rank_kernels.place(keys, made.history, at, odd, made.ranks, made.own_ranks)
    rank_kernels.quantile_ranks(made.history, made.car, ready.cars, at, odd, days, made.sq_rank)
