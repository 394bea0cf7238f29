"""What sample tests may know of the days before the event: residuals, ranks, and their dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Dates, Floats, Ints
from backtest.engine.ranks import Ranks
from backtest.engine.rows import Rows
from backtest.spec import Window


@dataclass(frozen=True, slots=True)
class History:
    """Daily abnormal returns of N observations over estimation and event window.

    Attributes:
        abnormal: (N, M + L) estimation residuals, then event-window abnormal returns; NaN missing.
        ranks: (N, M + L) twice the mid-rank of each over both windows, 0 where missing.
        own_ranks: (N, M) the same within the estimation window alone.
        errors: (N, L) forecast standard errors of the event-window abnormal returns.
        value: (N,) market value before the event, NaN where it is not known.
        sigma: (N,) residual standard deviation s_i.
        day0: (N,) session of τ = 0, as an index into its exchange's sessions.
        exchange: (N,) index into `sessions`.
        event, security: (N,) codes; equal ones are the same announcement, the same security.
        sessions: by exchange, (S,) ascending place of each session on one axis of calendar dates.
        axis: (T,) these dates.
        estimation: the estimation window, M sessions.
        window: the event window, L sessions.
    """

    abnormal: Rows[Floats]
    ranks: Rows[Ranks]
    own_ranks: Rows[Ranks]
    errors: Rows[Floats]
    value: Floats
    sigma: Floats
    day0: Ints
    exchange: Ints
    event: Ints
    security: Ints
    sessions: tuple[Ints, ...]
    axis: Dates
    estimation: Window
    window: Window

    @property
    def residuals(self) -> Rows[Floats]:
        """(N, M) the part in the estimation window."""
        return self.abnormal.first(len(self.estimation))

    def take(self, rows: Ints | Bools) -> History:
        """Return the history of some observations; the days before are not copied."""
        return History(
            self.abnormal.take(rows),
            self.ranks.take(rows),
            self.own_ranks.take(rows),
            self.errors.take(rows),
            self.value[rows],
            self.sigma[rows],
            self.day0[rows],
            self.exchange[rows],
            self.event[rows],
            self.security[rows],
            self.sessions,
            self.axis,
            self.estimation,
            self.window,
        )

    def dates(self, rows: Ints, window: Window) -> Ints:
        """Return (len(rows), len(window)) places on the axis of calendar dates; −1 beyond it."""
        at = self.day0[rows, None] + np.arange(window.start, window.end + 1)
        out = np.full(at.shape, -1)
        for number, sessions in enumerate(self.sessions):
            here = (self.exchange[rows] == number)[:, None] & (at >= 0) & (at < len(sessions))
            out[here] = sessions[at[here]]
        return out
