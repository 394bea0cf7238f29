"""Abnormal returns, their cumulation over windows, and the variance of both (METHODS §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import Fit
from backtest.spec import Missing, Window

Number = TypeVar("Number", np.float64, np.int64)


@dataclass(frozen=True, slots=True)
class AbnormalReturns:
    """Daily abnormal returns: all (n, L); NaN on a missing day."""

    abnormal: Floats
    std_error: Floats
    sar: Floats


@dataclass(frozen=True, slots=True)
class CumulativeReturns:
    """Cumulative abnormal returns: all (n, W); NaN where a window cannot be cumulated."""

    n_days: Ints
    car: Floats
    std_error: Floats
    scar: Floats


def abnormal_returns(returns: Floats, fit: Fit) -> AbnormalReturns:
    """AR = R − E[R] and its forecast standard error s·√(1 + x(X'X)⁻¹x') (Patell 1976).

    Where the model forecasts a variance for each day, that day's `day_scale` stands for the 1.

    Args:
        returns: (n, L) realised returns.
        fit: normal performance.
    """
    abnormal = returns - fit.expected
    leverage = np.einsum("nlk,nlk->nl", fit.scaled_design, fit.scaled_design)
    own = 1.0 if fit.day_scale is None else fit.day_scale
    error = fit.sigma[:, None] * np.sqrt(own + leverage)
    error = np.where(np.isfinite(abnormal), error, np.nan)
    return AbnormalReturns(abnormal, error, abnormal / error)


def cumulate(
    abnormal: Floats, fit: Fit, event_window: Window, cars: tuple[Window, ...], missing: Missing
) -> CumulativeReturns:
    """CAR over each window with the full prediction-error variance.

    S²(CAR) = s²(L + q(X'X)⁻¹q'), q = Σ x_τ: the prediction errors of one event share their
    estimated coefficients and are therefore correlated (Salinger 1992). Under `strict` a window
    with a missing day has no CAR; under `lenient` it is the sum over the days that are there. Days
    of different variance count their `day_scale` each instead of 1.
    """
    present = np.isfinite(abnormal)
    n_days = _reduced(np.add, present.astype(np.int64), event_window, cars)
    car = _reduced(np.add, np.where(present, abnormal, 0.0), event_window, cars)
    design = np.where(present[:, :, None], fit.scaled_design, 0.0)
    summed = _reduced(np.add, design, event_window, cars)
    leverage = np.einsum("nwk,nwk->nw", summed, summed)
    own: Floats | Ints = n_days
    if fit.day_scale is not None:
        own = _reduced(np.add, np.where(present, fit.day_scale, 0.0), event_window, cars)
    error = fit.sigma[:, None] * np.sqrt(own + leverage)
    lengths = np.array([len(one) for one in cars])
    whole = n_days == lengths if missing == "strict" else n_days > 0
    car = np.where(whole, car, np.nan)
    error = np.where(whole, error, np.nan)
    return CumulativeReturns(n_days, car, error, car / error)


def buy_and_hold(
    returns: Floats,
    expected: Floats,
    usable: Bools,
    event_window: Window,
    cars: tuple[Window, ...],
    *,
    log: bool,
) -> Floats:
    """BHAR = Π(1 + R) − Π(1 + E[R]) over each window, (n, W) (Barber & Lyon 1997).

    Args:
        returns: (n, L) realised returns; a missing day counts as absent from both products.
        expected: (n, L) the model's expected returns.
        usable: (n, W) windows that may be cumulated.
        event_window: the event window.
        cars: the windows.
        log: whether the returns are logarithmic.
    """
    present = np.isfinite(returns) & np.isfinite(expected)
    growth = []
    for series in (returns, expected):
        filled = np.where(present, series, 0.0)
        if log:
            growth.append(np.exp(_reduced(np.add, filled, event_window, cars)))
        else:
            growth.append(_reduced(np.multiply, 1.0 + filled, event_window, cars))
    return np.where(usable, growth[0] - growth[1], np.nan)


def _reduced(
    operation: np.ufunc, values: NDArray[Number], event_window: Window, cars: tuple[Window, ...]
) -> NDArray[Number]:
    """Reduce (n, L, …) over each window's days to (n, W, …).

    Not a product with the windows' indicator matrix: the bits of that depend on how many rows it
    has, and an event recomputed alone must come out as it did among thousands.
    """
    out = np.empty((len(values), len(cars), *values.shape[2:]), dtype=values.dtype)
    for place, car in enumerate(cars):
        out[:, place] = operation.reduce(values[:, car.within(event_window)], axis=1)
    return out


def window_matrix(event_window: Window, cars: tuple[Window, ...]) -> Floats:
    """Return (L, W) with 1 where a session of the event window belongs to a CAR window."""
    days = np.arange(event_window.start, event_window.end + 1)[:, None]
    starts = np.array([car.start for car in cars])
    ends = np.array([car.end for car in cars])
    return ((days >= starts) & (days <= ends)).astype(np.float64)
