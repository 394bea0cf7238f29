"""What a linear model's observations of one event day share, computed once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats
from backtest.engine.block import Regressor
from backtest.engine.least_squares import factor
from backtest.engine.linear import RISK_FREE, LinearForm, designs, in_excess
from backtest.spec import Window


@dataclass(frozen=True, slots=True)
class SharedDesigns:
    """Designs of g distinct event days, for observations without a missing day.

    Attributes:
        q: (g, K, M) orthonormal columns of the estimation design, X = QR.
        inverse_r: (g, K, K) R⁻¹.
        event: (g, L, K) rows x_τ of the event window.
        daily: (g, L) forecast standard error of an abnormal return over s: √(1 + x(X'X)⁻¹x').
        summed: (g, W) the same of a CAR: √(L + q(X'X)⁻¹q'), q = Σ x_τ.
        free: (g, M) risk-free return of the estimation window, or (g, 0) where none is taken off.
        free_event: (g, L) that of the event window, or (g, 0).
        complete: (g,) whether no series lacks a day and the regressors are not collinear.
    """

    q: Floats
    inverse_r: Floats
    event: Floats
    daily: Floats
    summed: Floats
    free: Floats
    free_event: Floats
    complete: Bools

    @classmethod
    def of(
        cls,
        form: LinearForm,
        series: dict[str, Regressor],
        shape: tuple[int, int, int],
        event_window: Window,
        cars: Sequence[Window],
    ) -> SharedDesigns:
        """Factor the designs.

        Args:
            form: what the model regresses on.
            series: the common series by name, g days each.
            shape: (g, M, L).
            event_window: the event window.
            cars: the W windows that are cumulated.
        """
        days, estimation_days, length = shape
        if form.excess:
            free = series[RISK_FREE].estimation, series[RISK_FREE].event
            series = in_excess(series, form.assets)
        else:
            free = np.empty((days, 0)), np.empty((days, 0))
        estimation, event = designs([series[name] for name in form.names], estimation_days, length)
        past: Bools = np.logical_and.reduce(np.isfinite(estimation), axis=(1, 2))
        ahead: Bools = np.logical_and.reduce(np.isfinite(event), axis=(1, 2))
        complete = past & ahead
        q, inverse_r, deficient = factor(np.where(complete[:, None, None], estimation, 0.0))
        scaled = np.einsum("glk,gkj->glj", event, inverse_r)
        places = [car.within(event_window) for car in cars]
        sums = np.stack([scaled[:, days].sum(axis=1) for days in places], axis=1)
        lengths = np.array([len(car) for car in cars])
        complete &= ~deficient
        known = np.isfinite(free[0]).all(axis=1) & np.isfinite(free[1]).all(axis=1)

        def each(values: Floats) -> Floats:
            """A constant alone is one design, of all days."""
            return np.ascontiguousarray(np.broadcast_to(values, (days, *values.shape[1:])))

        return cls(
            each(q),
            each(inverse_r),
            each(event),
            each(np.sqrt(1.0 + np.einsum("glk,glk->gl", scaled, scaled))),
            each(np.sqrt(lengths + np.einsum("gwk,gwk->gw", sums, sums))),
            *free,
            complete & known,
        )
