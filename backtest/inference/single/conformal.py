"""The conformal test of one event: its days' place among all shifts of time (METHODS §7)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import Weighing
from backtest.engine.donors import FEWEST, Donors, donors_of
from backtest.engine.event_test import EventOutcome, EventSample
from backtest.engine.placebo_share import MIN_DRAWS
from backtest.engine.simplex_least_squares import simplex_fits
from backtest.inference.single.in_space import NOT_WEIGHED

FEW = f"fewer than {MIN_DRAWS} shifts of time"
UNCERTAIN = "no weights under the null could be certified to be optimal"

_TIE = 1e-12
"""Relative; the same value summed in another order must count as equal."""


class Conformal:
    """|Σ û| of the window among those of all cyclic shifts of time, p = #{≥}/T.

    Under the null of no abnormal return in the window its days are like those before, so donors are
    weighed on the T days of both, and the residuals û of both are shifted together: estimation days
    in their order and the window behind them, as a ring ("moving block" permutations, which keep
    serial dependence). The statistic is the absolute sum over the window, which tests the CAR;
    exact where residuals are exchangeable, close to it where they are stationary and weakly
    dependent. Other days of the event window are left out: the null says nothing of them.
    """

    key = "conformal"
    title = "shifts of time, donors weighed under the null; of single events, model synthetic"
    source = "Chernozhukov, Wüthrich & Zhu 2021"
    formula = "p = #{shifts π: S(û_π) ≥ S(û)}/T,  S(û) = |Σ_window û|/√L, û fitted on all T days"
    robust_to = frozenset({"non-normality"})

    def run(self, events: EventSample) -> EventOutcome:
        """Test every CAR; the statistic is the signed Σ û/√L."""
        shape = events.car.shape
        n, statistic, p = np.zeros(shape, np.int64), np.full(shape, np.nan), np.full(shape, np.nan)
        if events.block.pool is None or not isinstance(events.model, Weighing):
            return EventOutcome.of(n, statistic, p, {NOT_WEIGHED: np.ones(shape, np.bool_)})
        for donors in donors_of(events.block.pool, events.block):
            for column in range(shape[1]):
                for present, some in _windows(events, donors, column):
                    places = donors.places[some]
                    n[places, column] = len(donors.days) + len(present) - 1
                    for place, residuals in _residuals(events, donors, present, some):
                        statistic[place, column], p[place, column] = _shifted(
                            residuals, len(present)
                        )
        few = n < MIN_DRAWS
        p[few] = np.nan
        there = np.isfinite(events.car)
        return EventOutcome.of(n, statistic, p, {FEW: few & there, UNCERTAIN: there})


def _windows(events: EventSample, donors: Donors, column: int) -> list[tuple[Ints, Ints]]:
    """Return the days (places in the event window) that CARs sum, and the observations they are of.

    The latter are places among those of `donors`.
    """
    days = events.days(events.spec.cars[column])
    tested = events.usable[donors.places] & np.isfinite(events.car[donors.places, column])
    tested &= donors.allowed.sum(axis=1) >= FEWEST
    some = np.flatnonzero(tested)
    present = np.isfinite(events.abnormal[donors.places[some], days])
    patterns, pattern = np.unique(present, axis=0, return_inverse=True)
    return [
        (days.start + np.flatnonzero(one), some[pattern.ravel() == number])
        for number, one in enumerate(patterns)
    ]


def _residuals(
    events: EventSample, donors: Donors, present: Ints, some: Ints
) -> list[tuple[int, Floats]]:
    """Return observations, by place in the block, with their residuals (T,) under the null.

    Only those whose weights are certified.
    """
    past = np.vstack([donors.past, donors.day.event[np.ix_(donors.rows, present)].T])
    known = np.isfinite(past).all(axis=0)
    past, allowed = past[:, known], donors.allowed[some][:, known]
    places = donors.places[some]
    own = np.hstack([donors.own[some], events.block.event[np.ix_(places, present)]])
    return [
        (int(place), y - fit.expected(past))
        for place, y, fit in zip(places, own, simplex_fits(own, past, 0.0, allowed), strict=True)
        if fit.certified
    ]


def _shifted(residuals: Floats, length: int) -> tuple[float, float]:
    """Return Σ/√L of the last residuals, and its p among sums of as many neighbours on a ring."""
    ring = np.append(residuals, residuals[: length - 1])
    sums = np.lib.stride_tricks.sliding_window_view(ring, length).sum(axis=1)
    own = sums[len(residuals) - length]
    extreme = np.abs(sums) >= abs(own) * (1.0 - _TIE)
    return float(own / np.sqrt(length)), float(extreme.mean())


TEST = Conformal()
