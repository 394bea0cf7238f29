"""Placebo events: random securities on random dates, or on one date (Brown & Warner 1980, 1985)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from backtest.audit.universe import Universe
from backtest.engine.arrays import Bools, Ints
from backtest.spec import StudySpec, Window

Design = Literal["random", "same_date"]
DESIGNS: tuple[Design, ...] = ("random", "same_date")


@dataclass(frozen=True, slots=True)
class Pool:
    """The security-days that can be events.

    Attributes:
        securities, day0: (P,) row and session index of each, by date and then by row.
        starts: (D + 1,) where the securities of each of the D dates begin, and the end.
        eligible: (securities, S) the same as a table.
    """

    securities: Ints
    day0: Ints
    starts: Ints
    eligible: Bools

    @classmethod
    def of(cls, universe: Universe, spec: StudySpec) -> Pool:
        """Collect the days on which a study would take a security for an event."""
        eligible = _eligible(universe, spec)
        day0, securities = np.nonzero(eligible.T)
        starts = np.flatnonzero(np.diff(day0, prepend=-1, append=-2))
        return cls(securities, day0, starts, eligible)

    def dates(self, n: int) -> Ints:
        """Return the places in `starts` of the dates that have n securities."""
        return np.flatnonzero(np.diff(self.starts) >= n)


def _eligible(universe: Universe, spec: StudySpec) -> Bools:
    """Return (securities, S) where all windows lie inside the table and returns are enough.

    Every day of the event window has a return, and the estimation window `min_obs` of them.
    """
    there = np.isfinite(universe.returns) & np.isfinite(universe.returns[universe.market])
    present = np.cumsum(there, axis=1, dtype=np.int64)
    whole = _within(present, spec.window) == len(spec.window)
    answer: Bools = whole & (_within(present, spec.estimation) >= spec.min_obs)
    answer[universe.market] = False
    return answer


def _within(present: Ints, window: Window) -> Ints:
    """Return (securities, S) days with a return in the window of each session, −1 if it sticks out.

    Args:
        present: (securities, S) running count of days with a return; the first session has none.
        window: sessions from τ = 0.
    """
    sessions = present.shape[1]
    answer = np.full(present.shape, -1)
    low, high = max(0, 1 - window.start), min(sessions, sessions - window.end)
    if low < high:
        before = present[:, low + window.start - 1 : high + window.start - 1]
        answer[:, low:high] = present[:, low + window.end : high + window.end] - before
    return answer


def draw(
    pool: Pool, design: Design, n: int, samples: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return rows and day0, each (samples, n), of independent samples.

    With random dates security-days are drawn with replacement, as Brown and Warner do; of one
    random date n different securities are. The pool has what the design needs.
    """
    if design == "random":
        chosen = rng.integers(0, len(pool.day0), (samples, n))
    else:
        dates = rng.choice(pool.dates(n), samples)
        chosen = np.stack([_of_date(pool, int(date), n, rng) for date in dates])
    return pool.securities[chosen], pool.day0[chosen]


def _of_date(pool: Pool, date: int, n: int, rng: np.random.Generator) -> Ints:
    first, last = pool.starts[date : date + 2]
    chosen: Ints = first + rng.choice(int(last - first), n, replace=False)
    return chosen


def can_draw(pool: Pool, design: Design, n: int) -> bool:
    """Whether the pool has any security-day, or a date with n securities."""
    return bool(len(pool.day0)) if design == "random" else bool(len(pool.dates(n)))
