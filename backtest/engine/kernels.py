"""Machine code for linear models: one observation at a time, all of it in the processor's cache.

An observation whose windows have no missing day needs the orthonormal columns Q of its event day's
design and nothing else: b = Q'y, e = y − Q b, β = R⁻¹ b (METHODS §3, §4). What has a missing day,
no variance or no number is marked `odd` and left to the slow path. This file imports numba; whoever
may do without asks `backtest.engine.machine_code`.
"""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import SMALLEST_SIGMA
from backtest.engine.jit import compiled_sums

_CANCELS = 0.01
"""Share of y'y left unexplained below which e'e is not taken as the difference y'y − b'b."""


@compiled_sums
def _response(window: Floats, free: Floats, y: Floats) -> None:
    """Copy one security's returns, less the risk-free return where that is given."""
    if len(free):
        for m in range(len(y)):
            y[m] = window[m] - free[m]
    else:
        for m in range(len(y)):
            y[m] = window[m]


@compiled_sums
def _rotate(y: Floats, q: Floats, rotated: Floats) -> float:
    """Write b = Q'y and return y'y, two columns at a time so that y is read less often."""
    total = 0.0
    at = len(q) % 2
    if at:
        one = 0.0
        for m in range(len(y)):
            one += y[m] * q[0, m]
            total += y[m] * y[m]
        rotated[0] = one
    else:
        one, two = 0.0, 0.0
        for m in range(len(y)):
            one += y[m] * q[0, m]
            two += y[m] * q[1, m]
            total += y[m] * y[m]
        rotated[0], rotated[1] = one, two
        at = 2
    for k in range(at, len(q), 2):
        one, two = 0.0, 0.0
        for m in range(len(y)):
            one += y[m] * q[k, m]
            two += y[m] * q[k + 1, m]
        rotated[k], rotated[k + 1] = one, two
    return total


@compiled_sums
def _residuals(y: Floats, q: Floats, rotated: Floats, residual: Floats) -> float:
    """Write e = y − Q b and return e'e."""
    for m in range(len(y)):
        residual[m] = y[m]
    for k in range(len(q)):
        for m in range(len(y)):
            residual[m] -= rotated[k] * q[k, m]
    total = 0.0
    for m in range(len(y)):
        total += residual[m] * residual[m]
    return total


@compiled_sums
def _expect(
    rotated: Floats, inverse_r: Floats, event: Floats, free: Floats, beta: Floats, expected: Floats
) -> None:
    """Write β = R⁻¹ b and x_τ β, with the risk-free return where that is given."""
    for k in range(len(beta)):
        total = 0.0
        for j in range(len(rotated)):
            total += inverse_r[k, j] * rotated[j]
        beta[k] = total
    for t in range(len(expected)):
        total = 0.0
        for k in range(len(beta)):
            total += event[t, k] * beta[k]
        expected[t] = total + free[t] if len(free) else total


@compiled_sums
def _abnormal(
    own: Floats, expected: Floats, sigma: float, daily: Floats, abnormal: Floats, error: Floats
) -> None:
    """Write the abnormal returns (L,) of an event window and their prediction errors."""
    for t in range(len(own)):
        abnormal[t] = own[t] - expected[t]
        error[t] = sigma * daily[t]


@compiled_sums
def _cumulate(
    abnormal: Floats, cars: Ints, sigma: float, summed: Floats, car: Floats, error: Floats
) -> bool:
    """Write the sums (W,) over the windows and their errors; whether all days are known."""
    for w in range(len(cars)):
        total = 0.0
        for one in abnormal[cars[w, 0] : cars[w, 1]]:
            total += one
        car[w] = total
        error[w] = sigma * summed[w]
    check = 0.0
    for one in abnormal:
        check += one
    return bool(np.isfinite(check))


@compiled_sums
def standardised(
    returns: Floats,
    rows: Ints,
    first: Ints,
    gap: int,
    group: Ints,
    complete: Bools,
    q: Floats,
    inverse_r: Floats,
    event: Floats,
    daily: Floats,
    summed: Floats,
    free: Floats,
    free_event: Floats,
    cars: Ints,
    at: Ints,
    abnormal: Floats,
    error: Floats,
    car: Floats,
    car_error: Floats,
    odd: Bools,
) -> None:
    """Estimate n observations; designs are those of `SharedDesigns`.

    Args:
        returns: (securities, S).
        rows: (n,) row of each observation.
        first: (n,) first session of the estimation window; −1 where a window leaves the panel.
        gap: sessions from there to the first of the event window.
        group: (n,) design of each.
        complete, q, inverse_r, event, daily, summed, free, free_event: the designs.
        cars: (W, 2) first place and end of each window in the event window.
        at: (n,) row to write each observation to.
        abnormal, error: (·, L) written.
        car, car_error: (·, W) written.
        odd: (n,) written: which could not be estimated here; their rows mean nothing.
    """
    columns, days, length = q.shape[1], q.shape[2], event.shape[1]
    y, residual, rotated = np.empty(days), np.empty(days), np.empty(columns)
    beta, expected = np.empty(columns), np.empty(length)
    for i in range(len(rows)):
        odd[i] = True
        g, to = group[i], at[i]
        if first[i] < 0 or not complete[g]:
            continue
        # Slices, because an index that is a sum might be negative, and is asked for each day.
        begin = first[i]
        own_days = returns[rows[i], begin : begin + days]
        event_days = returns[rows[i], begin + gap : begin + gap + length]
        _response(own_days, free[g], y)
        total = _rotate(y, q[g], rotated)
        left = total
        for k in range(columns):
            left -= rotated[k] * rotated[k]
        if left < _CANCELS * total:
            left = _residuals(y, q[g], rotated, residual)
        sigma = np.sqrt(left / (days - columns))
        if not SMALLEST_SIGMA <= sigma < np.inf:
            continue
        _expect(rotated, inverse_r[g], event[g], free_event[g], beta, expected)
        _abnormal(event_days, expected, sigma, daily[g], abnormal[to], error[to])
        odd[i] = not _cumulate(abnormal[to], cars, sigma, summed[g], car[to], car_error[to])


@compiled_sums
def estimated(
    returns: Floats,
    rows: Ints,
    first: Ints,
    gap: int,
    group: Ints,
    complete: Bools,
    q: Floats,
    inverse_r: Floats,
    event: Floats,
    daily: Floats,
    summed: Floats,
    free: Floats,
    free_event: Floats,
    cars: Ints,
    at: Ints,
    abnormal: Floats,
    error: Floats,
    car: Floats,
    car_error: Floats,
    odd: Bools,
    own: Floats,
    expected: Floats,
    history: Floats,
    sigma: Floats,
    r_squared: Floats,
    coefficients: Floats,
) -> None:
    """Estimate n observations as `standardised` does, and write all that is known of them.

    Args:
        own, expected: (·, L) returns and expected returns of the event window, written.
        history: (·, M + L) residuals and abnormal returns, written.
        sigma, r_squared: (·,) written.
        coefficients: (n, K) by place in the block, written.
    """
    columns, days, length = q.shape[1], q.shape[2], event.shape[1]
    y, rotated = np.empty(days), np.empty(columns)
    for i in range(len(rows)):
        odd[i] = True
        g, to = group[i], at[i]
        if first[i] < 0 or not complete[g]:
            continue
        # Slices, because an index that is a sum might be negative, and is asked for each day.
        begin = first[i]
        own_days = returns[rows[i], begin : begin + days]
        event_days = returns[rows[i], begin + gap : begin + gap + length]
        _response(own_days, free[g], y)
        _rotate(y, q[g], rotated)
        left = _residuals(y, q[g], rotated, history[to, :days])
        spread = np.sqrt(left / (days - columns))
        if not SMALLEST_SIGMA <= spread < np.inf:
            continue
        _expect(rotated, inverse_r[g], event[g], free_event[g], coefficients[i], expected[to])
        explained = 0.0
        for k in range(1, columns):
            explained += rotated[k] * rotated[k]
        sigma[to], r_squared[to] = spread, explained / (explained + left)
        _abnormal(event_days, expected[to], spread, daily[g], abnormal[to], error[to])
        for t in range(length):
            own[to, t], history[to, days + t] = event_days[t], abnormal[to, t]
        odd[i] = not _cumulate(abnormal[to], cars, spread, summed[g], car[to], car_error[to])


@compiled_sums
def derived(
    own: Floats,
    expected: Floats,
    abnormal: Floats,
    error: Floats,
    car: Floats,
    car_error: Floats,
    cars: Ints,
    log: bool,
    at: Ints,
    odd: Bools,
    sar: Floats,
    scar: Floats,
    bhar: Floats,
) -> None:
    """Write standardised returns and the buy-and-hold abnormal return of each window.

    Args:
        own, expected, abnormal, error: (·, L) as `estimated` wrote them.
        car, car_error: (·, W) too.
        cars: (W, 2) first place and end of each window in the event window.
        log: whether returns are logarithmic.
        at: (n,) row of each observation.
        odd: (n,) which to leave out.
        sar: (·, L) written.
        scar, bhar: (·, W) written.
    """
    for i in range(len(at)):
        if odd[i]:
            continue
        to = at[i]
        for t in range(abnormal.shape[1]):
            sar[to, t] = abnormal[to, t] / error[to, t]
        for w in range(len(cars)):
            scar[to, w] = car[to, w] / car_error[to, w]
            grown, foreseen = 1.0, 1.0
            if log:
                grown, foreseen = 0.0, 0.0
                for t in range(cars[w, 0], cars[w, 1]):
                    grown += own[to, t]
                    foreseen += expected[to, t]
                grown, foreseen = np.exp(grown), np.exp(foreseen)
            else:
                for t in range(cars[w, 0], cars[w, 1]):
                    grown *= 1.0 + own[to, t]
                    foreseen *= 1.0 + expected[to, t]
            bhar[to, w] = grown - foreseen
