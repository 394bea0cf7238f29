"""From estimates to the sample that the tests see, with an abnormal return added on day 0."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.estimates import Estimates
from backtest.engine.history import History
from backtest.engine.ranks import Ranks
from backtest.engine.rows import Rows
from backtest.engine.sample import Sample
from backtest.spec import StudySpec


def placebo_sample(
    estimates: Estimates, day0: Ints, spec: StudySpec, sessions: int, added: float = 0.0
) -> Sample:
    """Return the sample of all observations, its one column the event window.

    A return added on day 0 enters the abnormal return, its standardised value, every sum that
    holds the day and its rank; the estimation does not see it.

    Args:
        estimates: of n observations, with the event window as their only CAR.
        day0: (n,) session of τ = 0.
        spec: the study; its event window holds day 0.
        sessions: how many there are.
        added: abnormal return on day 0, a decimal.
    """
    day = -spec.window.start
    place = len(spec.estimation) + day
    sar = estimates.sar.sum(axis=1, keepdims=True) + added / estimates.std_error[:, [day]]
    history = estimates.history.copy()
    history[:, place] += added
    return Sample(
        (spec.window,),
        estimates.car + added,
        estimates.scar + added / estimates.car_error,
        sar,
        estimates.n_days,
        estimates.dof,
        History(
            Rows(history),
            Rows(moved_ranks(estimates.ranks, estimates.history, place, added)),
            Rows(estimates.own_ranks),
            Rows(estimates.std_error),
            np.full(len(day0), np.nan),
            estimates.sigma,
            day0,
            np.zeros(len(day0), dtype=np.int64),
            np.arange(len(day0)),
            np.arange(len(day0)),
            (np.arange(sessions),),
            np.datetime64("1970-01-01", "D") + np.arange(sessions),
            spec.estimation,
            spec.window,
        ),
        bhar=estimates.bhar + added * _others_grown(estimates.returns, day),
    )


def _others_grown(returns: Floats, day: int) -> Floats:
    """Return (n, 1) what a dollar becomes over all days but one; what is added there grows so."""
    others = np.nan_to_num(np.delete(returns, day, axis=1))
    grown: Floats = np.prod(1.0 + others, axis=1, keepdims=True)
    return grown


def moved_ranks(ranks: Ranks, values: Floats, place: int, added: float) -> Ranks:
    """Return twice the mid-ranks (n, T) after adding to one day's value, without sorting anew.

    The others lose what the day's old value gave them, 2 where it stood below and 1 where it was
    equal, and get what its new value gives.

    Args:
        ranks: (n, T) twice the mid-ranks of `values`, 0 where missing.
        values: (n, T).
        place: the day, present in every row.
        added: what is added to its value.
    """
    if not added:
        return ranks
    old = values[:, [place]]
    new = old + added
    moved = ranks.astype(np.int64) + _given(new, values) - _given(old, values)
    others = np.delete(values, place, axis=1)
    moved[:, place] = 2 + (2 * (others < new) + (others == new)).sum(axis=1)
    return moved.astype(np.uint16)


def _given(value: Floats, others: Floats) -> Ints:
    given: Ints = 2 * (value < others).astype(np.int64) + (value == others)
    return given


def usable(estimates: Estimates) -> Bools:
    """Return (n,) the observations whose fit no reason forbids."""
    forbidden = np.zeros(len(estimates.car), dtype=bool)
    for where in estimates.unusable.values():
        forbidden |= where
    return ~forbidden & np.isfinite(estimates.scar).all(axis=1)
