"""What share of an observation's days is positive, and what share is missing."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.history import History


def day_shares(before: History) -> Floats:
    """Return (N, 2): positive among the known estimation days, and missing among all days.

    A residual of exactly zero is not positive; without a known day the first share is NaN.
    """
    out = np.empty((len(before.abnormal), 2))
    days = len(before.estimation)
    if before.abnormal.many:
        from backtest.engine.history_kernels import shares

        positive, missing = np.empty(len(out)), np.empty(len(out))
        for piece, at in before.abnormal.pieces():
            shares(before.abnormal.whole, at, days, positive[piece], missing[piece])
        out[:, 0], out[:, 1] = positive, missing
        return out
    abnormal = before.abnormal[:]
    known = np.isfinite(abnormal)
    with np.errstate(invalid="ignore"):
        out[:, 0] = np.count_nonzero(abnormal[:, :days] > 0, axis=1) / np.count_nonzero(
            known[:, :days], axis=1
        )
    out[:, 1] = (~known).mean(axis=1)
    return out
