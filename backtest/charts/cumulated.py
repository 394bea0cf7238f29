"""Cumulative abnormal returns by session, and their standard errors, from a result's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.spec import Window

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult

_KEY = ("event_id", "ticker")


@dataclass(frozen=True, slots=True)
class Cumulated:
    """Paths of N observations over the L sessions of a window.

    Attributes:
        keys: `event_id, ticker` of each.
        days: (L,) sessions from the event day.
        abnormal: (N, L) abnormal returns, NaN where missing.
        car: (N, L) cumulated from the first day, its own included. A missing day ends a path, as it
            empties a CAR, unless the study is lenient.
        std_error: (N, L) S(CAR), see `cumulated_errors`.
        dof: (N,) residual degrees of freedom of each fit.
        exact: whether every standard error is that of a window of the study.
    """

    keys: pl.DataFrame
    days: np.ndarray[tuple[int], np.dtype[np.int64]]
    abnormal: Floats
    car: Floats
    std_error: Floats
    dof: Floats
    exact: bool

    def quantile(self, level: float) -> Floats:
        """Return (N,) Student's quantile that a band of a level reaches on both sides."""
        from scipy.special import stdtrit

        result: Floats = np.asarray(stdtrit(self.dof, (1 + level) / 2), np.float64)
        return result


def cumulated(
    result: StudyResult,
    members: pl.DataFrame,
    model: str,
    window: Window | None = None,
    *,
    alternative: bool = False,
) -> Cumulated:
    """Return the paths of some observations.

    Args:
        result: the study.
        members: `event_id, ticker` of the observations wanted.
        model: one of the study's.
        window: the sessions, within the study's event window, which is the default.
        alternative: of the second candidate sessions instead of the main ones.
    """
    import polars as pl

    whole, chosen = result.spec.window, window or result.spec.window
    own = (pl.col("model") == model) & (pl.col("alternative") == alternative)
    daily = result.abnormal_returns.filter(own).join(members, on=_KEY, how="semi")
    keys = daily.select(_KEY).unique(maintain_order=True)
    cars = result.cars.filter(own).join(keys, on=_KEY, how="semi")
    abnormal = _wide(daily, keys, "abnormal", whole)
    errors = _wide(daily, keys, "std_error", whole)
    windows = {car: _column(cars, keys, "std_error", car) for car in result.spec.cars if len(cars)}
    columns = slice(chosen.start - whole.start, chosen.end - whole.start + 1)
    inside = abnormal[:, columns]
    present = np.isfinite(inside)
    lenient = result.spec.missing == "lenient"
    there = (
        present.any(axis=1, keepdims=True) & np.ones_like(present)
        if lenient
        else (np.logical_and.accumulate(present, axis=1))
    )
    car = np.where(there, np.where(present, inside, 0.0).cumsum(axis=1), np.nan)
    return Cumulated(
        keys,
        np.arange(chosen.start, chosen.end + 1),
        inside,
        car,
        np.where(there, cumulated_errors(errors, whole, windows, chosen), np.nan),
        _column(cars, keys, "dof", result.spec.cars[0]),
        all(Window(chosen.start, day) in windows for day in range(chosen.start, chosen.end + 1)),
    )


def cumulated_errors(
    daily: Floats, whole: Window, windows: dict[Window, Floats], chosen: Window
) -> Floats:
    """Return S(CAR) of every observation from the first day of a window to each of its days.

    The prediction errors of one event share its estimated coefficients (Salinger 1992; METHODS §4):

        S²(CAR over L days) = s² (L + q (X'X)⁻¹ q') = Σ S²(AR) · (1 + (L − 1) g)

    which defines g, what the days have in common on average. It is known for every CAR window of
    the study and nearly the same for all (for a mean it is 1 / (M + 1) whatever the window).
    Between the windows that begin on the same day it is interpolated by length; where there are
    none it is that of the longest window. So days that end a window of the study are exact.

    Args:
        daily: (N, W) S(AR) of the days of the event window, NaN where missing.
        whole: the event window.
        windows: (N,) S(CAR) of the study's CAR windows.
        chosen: the sessions wanted.

    Returns:
        (N, L).
    """
    variance = np.where(np.isfinite(daily), daily, 0.0) ** 2

    def part(window: Window) -> Floats:
        first = window.start - whole.start
        return variance[:, first : first + len(window)]

    own = part(chosen)
    sums, lengths = own.cumsum(axis=1), (own > 0).cumsum(axis=1)
    known: dict[int, Floats] = {}
    same = [car for car in windows if car.start == chosen.start and len(car) > 1]
    longer = [car for car in windows if len(car) > 1]
    for car in same or sorted(longer, key=len)[-1:]:
        days = np.maximum((part(car) > 0).sum(axis=1), 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = windows[car] ** 2 / part(car).sum(axis=1)
        known[len(car)] = np.nan_to_num((ratio - 1) / (days - 1), nan=0.0, posinf=0.0)
    shared = _interpolated(known, lengths)
    result: Floats = np.sqrt(sums * np.maximum(1 + (lengths - 1) * shared, 0.0))
    return result


def _interpolated(known: dict[int, Floats], lengths: Ints) -> Floats:
    """Return (N, L) the value for each length, linear between the lengths that are known."""
    if not known:
        return np.zeros(lengths.shape)
    at = np.array(sorted(known))
    values = np.stack([known[length] for length in at.tolist()], axis=1)
    if len(at) == 1:
        return np.broadcast_to(values, lengths.shape)
    left = np.clip(np.searchsorted(at, lengths) - 1, 0, len(at) - 2)
    share = np.clip((lengths - at[left]) / (at[left + 1] - at[left]), 0.0, 1.0)
    low, high = (np.take_along_axis(values, left + step, axis=1) for step in (0, 1))
    result: Floats = low + share * (high - low)
    return result


def _wide(daily: pl.DataFrame, keys: pl.DataFrame, name: str, window: Window) -> Floats:
    """Return (N, L) a column of the daily table, one row an observation."""
    numbered = daily.join(keys.with_row_index("row"), on=_KEY)
    out = np.full((len(keys), len(window)), np.nan)
    rows, days = numbered["row"].to_numpy(), numbered["day"].to_numpy() - window.start
    out[rows, days] = numbered[name].cast(float).to_numpy()
    return out


def _column(cars: pl.DataFrame, keys: pl.DataFrame, name: str, window: Window) -> Floats:
    import polars as pl

    own = cars.filter(pl.col("start") == window.start, pl.col("end") == window.end)
    joined = keys.join(own.select(*_KEY, name), on=_KEY, how="left", maintain_order="left")
    return joined[name].cast(pl.Float64).to_numpy()
