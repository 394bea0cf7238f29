"""Securities that may serve as controls: the whole of a market, and who is barred for an event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.windows import gather
from backtest.spec import Window


@dataclass(frozen=True, slots=True)
class Pool:
    """Every security of a market, and the events that the study knows of it.

    Attributes:
        eligible: (P,) whether it is a security at all: no benchmark, factor or index.
        log_size: (P, S) logarithm of its market value as it was known, NaN where it was not; None
            where no count of shares is known at all.
        sector: (P,) number of its sector, −1 where none is given.
        rows, days, events: (T,) security, session of τ = 0 and event of each observation of the
            study, ascending by day; an event's parties have one number.
    """

    eligible: Bools
    log_size: Floats | None
    sector: Ints
    rows: Ints
    days: Ints
    events: Ints

    def alike(self, rows: Ints) -> Bools:
        """Return (n, P): who is of each security's sector; everybody where that is not given."""
        own = self.sector[rows][:, None]
        out: Bools = (own < 0) | (self.sector == own)
        return out

    def barred(self, rows: Ints, day0: Ints, window: Window) -> Bools:
        """Return (n, P): who may not be compared with each observation.

        That is itself, the parties of the same event, whoever has an event of its own whose event
        window shares a session with this one's, and who is not of its sector where that is given.
        """
        out = ~self.alike(rows)
        first = np.searchsorted(self.days, day0 - len(window), side="right")
        last = np.searchsorted(self.days, day0 + len(window), side="left")
        parties = self._parties()
        for place, (row, day) in enumerate(zip(rows.tolist(), day0.tolist(), strict=True)):
            out[place, self.rows[first[place] : last[place]]] = True
            out[place, [row, *parties.get((row, day), ())]] = True
        return out

    def _parties(self) -> dict[tuple[int, int], set[int]]:
        """Return by security and day the parties of all its events there."""
        together: dict[int, set[int]] = {}
        entries = list(
            zip(self.rows.tolist(), self.days.tolist(), self.events.tolist(), strict=True)
        )
        for row, _, event in entries:
            together.setdefault(event, set()).add(row)
        found: dict[tuple[int, int], set[int]] = {}
        for row, day, event in entries:
            found.setdefault((row, day), set()).update(together[event])
        return found


@dataclass(frozen=True, slots=True)
class Candidates:
    """The pool as the observations of one block see it.

    Attributes:
        returns: (P, S) returns of all securities.
        days: (g,) distinct event days of the block.
        estimation, window: the windows.
        eligible: (P,) of the pool.
        barred: (n, P) of each observation.
        own: (n,) place of each observation's security in the pool.
        log_size: (g, P) on the session before the event window, NaN where not known.
        sector: (P,) of the pool.
    """

    returns: Floats
    days: Ints
    estimation: Window
    window: Window
    eligible: Bools
    barred: Bools
    own: Ints
    log_size: Floats
    sector: Ints

    @classmethod
    def of(
        cls,
        pool: Pool,
        returns: Floats,
        rows: Ints,
        day0: Ints,
        windows: tuple[Window, Window],
    ) -> Candidates:
        """Cut the pool for n observations, `windows` being estimation and event window."""
        estimation, window = windows
        days = np.unique(day0)
        count = len(pool.eligible)
        size = np.full((len(days), count), np.nan)
        if pool.log_size is not None:
            before = days + window.start - 1
            there = (before >= 0) & (before < pool.log_size.shape[1])
            size[there] = pool.log_size[:, before[there]].T
        barred = pool.barred(rows, day0, window)
        of_pool = (pool.eligible, barred, rows, size, pool.sector)
        return cls(returns[:count], days, estimation, window, *of_pool)

    def cut(self, group: int) -> tuple[Floats, Floats]:
        """Return all returns in estimation (P, M) and event window (P, L) of an event day."""
        everything = np.arange(len(self.returns))
        day = np.full(len(everything), self.days[group])
        return (
            gather(self.returns, everything, day, self.estimation),
            gather(self.returns, everything, day, self.window),
        )
