"""Where a placebo event of a security may not fall: near its real events (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Bools, Ints
from backtest.spec import StudySpec


def far_from(events: Ints, sessions: int, spec: StudySpec) -> Bools:
    """Return (S,) the days 0 whose tested window meets no day that an event estimates on or tests.

    Args:
        events: session index of τ = 0 of a security's events.
        sessions: how many there are.
        spec: the windows.
    """
    free = np.ones(sessions, dtype=bool)
    for day0 in events:
        first = day0 + spec.estimation.start - spec.window.end
        free[max(0, first) : max(0, day0 + spec.window.end - spec.window.start + 1)] = False
    return free
