"""Placebo dates of placebo events, for the permutation test (METHODS §5).

They are drawn as in a study: a date moves with all its events of the sample to another session on
which all of their securities could be events, away from the windows of their own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backtest.audit.draw import Pool
from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.estimate import BLOCK, standardise_block
from backtest.engine.job import Job
from backtest.engine.placebo_days import far_from

DRAWS = 199
"""A fifth of a study's, as every sample needs them anew."""


def placebo_scars(sample: Job, pool: Pool, rng: np.random.Generator) -> Floats:
    """Return (n, `DRAWS`, 1) SCARs of n events on placebo dates, NaN where there is none.

    An abnormal return that an audit adds to the events is not in the estimation windows of these.

    Args:
        sample: the n events; their event window is tested as a whole.
        pool: the security-days that can be events.
        rng: random numbers.
    """
    dates = _dates(sample, pool, rng).ravel()
    scar = np.full(len(dates), np.nan)
    places = np.flatnonzero(dates >= 0)
    for start in range(0, len(places), BLOCK):
        some = places[start : start + BLOCK]
        block = replace(sample, rows=sample.rows[some // DRAWS], day0=dates[some])
        scar[some] = standardise_block(block).scar[:, 0]
    return scar.reshape(-1, DRAWS, 1)


def _dates(sample: Job, pool: Pool, rng: np.random.Generator) -> Ints:
    """Return (n, `DRAWS`) sessions, −1 where the securities of a date have none to offer."""
    dates = np.full((len(sample.rows), DRAWS), -1)
    for date in np.unique(sample.day0):
        members = np.flatnonzero(sample.day0 == date)
        free = np.logical_and.reduce(
            [_free(pool, int(row), sample) for row in sample.rows[members]]
        )
        sessions = np.flatnonzero(free)
        if len(sessions):
            dates[members] = rng.choice(sessions, DRAWS)
    return dates


def _free(pool: Pool, row: int, sample: Job) -> Bools:
    """Return (S,) the sessions on which a security's placebo may fall, given its own events."""
    eligible = pool.eligible[row]
    free: Bools = eligible & far_from(sample.day0[sample.rows == row], len(eligible), sample.spec)
    return free
