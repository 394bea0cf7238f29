"""Portfolios of the events that are in their window on a calendar date (METHODS §5, §10).

Jaffe (1974), Mandelker (1974), Fama (1998): each date counts once, whatever number of events shares
it, and a date's portfolio is held against the spread of *the same* portfolio over the estimation
days, which carries the correlation between its members.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.history import History
from backtest.engine.sample import Sample
from backtest.inference._deviations import own_days_known
from backtest.spec import Window

MIN_DAYS = 30
"""Estimation days that all members of a portfolio have in common."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The portfolio of one tested window on its D calendar dates, ascending.

    Attributes:
        abnormal: (D,) abnormal return of the portfolio.
        error: (D,) its forecast standard error, NaN with fewer than `MIN_DAYS` common days.
        size: (D,) observations in it.
    """

    abnormal: Floats
    error: Floats
    size: Floats


def equal_weighted(sample: Sample) -> list[Portfolio]:
    """Return `portfolios` with equal weights, which several tests look at."""
    return sample.once("portfolios", lambda: portfolios(sample, None))


@dataclass(frozen=True, slots=True)
class _Groups:
    """Observations added up by reaction date; G groups, dates on the common axis of T places.

    Attributes:
        residual, weight: (G, T) weighted residuals and the weights behind them.
        event, event_weight, leverage: (G, L) the same of the event window; leverage is the weighted
            sum of forecast variance over s².
        size: (G, L) observations present.
        dates: (G, L) dates of the event window.
        many: whether they are of a large sample.
    """

    residual: Floats
    weight: Floats
    event: Floats
    event_weight: Floats
    leverage: Floats
    size: Floats
    dates: Ints
    many: bool


def portfolios(sample: Sample, weights: Floats | None) -> list[Portfolio]:
    """Return the portfolio of every column.

    Args:
        sample: observations with their history.
        weights: (N,) of the observations, positive; None for equal ones.
    """
    history, count = sample.before, len(sample.car)
    if not count:
        return [Portfolio(np.empty(0), np.empty(0), np.empty(0)) for _ in sample.columns]
    if weights is None:
        groups = sample.of_rows("by date", lambda: _grouped(history, np.ones(count)))
    else:
        groups = _grouped(history, weights)
    known = own_days_known(sample)
    coefficients = int(np.median(known - sample.dof))
    return [_portfolio(groups, history.window, one, coefficients) for one in sample.columns]


def _grouped(history: History, weights: Floats) -> _Groups:
    # One number instead of pairs, which are sorted many times slower; a day may be negative.
    keys = (history.exchange << 32) + history.day0
    _, first, of = np.unique(keys, return_index=True, return_inverse=True)
    add = _added_compiled if history.abnormal.many else _added
    residual, weight, event, event_weight, leverage, size = add(history, of, weights)
    places = history.dates(first, history.estimation)
    return _Groups(
        _on_axis(residual, places),
        _on_axis(weight, places),
        event,
        event_weight,
        leverage,
        size,
        history.dates(first, history.window),
        history.abnormal.many,
    )


def _ratio(history: History, some: slice) -> Floats:
    """Return (n, L) forecast variances of some observations over their s²."""
    with np.errstate(invalid="ignore"):
        ratio: Floats = (history.errors[some] / history.sigma[some, None]) ** 2
    return ratio


def _added(history: History, of: Ints, weights: Floats) -> tuple[Floats, ...]:
    """Return the arrays of `_Groups` in their order, by group (G, M or L).

    Args:
        history: N observations.
        of: (N,) group of each.
        weights: (N,).
    """
    order = np.argsort(of, kind="stable")
    starts = np.flatnonzero(np.diff(of[order], prepend=-1))

    def added(values: Floats) -> Floats:
        summed: Floats = np.add.reduceat(values[order], starts, axis=0)
        return summed

    days, ratio = len(history.estimation), _ratio(history, slice(None))
    abnormal = history.abnormal[:]
    estimation, event = abnormal[:, :days], abnormal[:, days:]
    column = weights[:, None]
    present, there = np.isfinite(estimation), np.isfinite(event)
    return (
        added(np.where(present, estimation, 0.0) * column),
        added(present * column),
        added(np.where(there, event, 0.0) * column),
        added(there * column),
        added(np.where(there & np.isfinite(ratio), ratio, 0.0) * column),
        added(there.astype(np.float64)),
    )


def _added_compiled(history: History, of: Ints, weights: Floats) -> tuple[Floats, ...]:
    """Return what `_added` does, by machine code."""
    from backtest.engine.history_kernels import portfolio_sums

    groups, length = int(of.max()) + 1, len(history.window)
    past, event = (groups, len(history.estimation)), (groups, length)
    sums = tuple(np.zeros(shape) for shape in (past, past, event, event, event, event))
    abnormal = history.abnormal
    for piece, at in abnormal.pieces():
        ratio = _ratio(history, piece)
        portfolio_sums(abnormal.whole, at, of[piece], weights[piece], ratio, *sums)
    return sums


def _on_axis(values: Floats, places: Ints) -> Floats:
    """Put (G, M) values at their calendar dates."""
    low = int(places[places >= 0].min(initial=0))
    axis = np.zeros((len(values), int(places.max(initial=0)) - low + 1))
    rows, days = np.nonzero(places >= 0)
    axis[rows, places[rows, days] - low] = values[rows, days]
    return axis


def _portfolio(groups: _Groups, window: Window, column: Window, coefficients: int) -> Portfolio:
    days = column.within(window)
    dates = groups.dates[:, days].ravel()
    member = np.repeat(np.arange(len(groups.dates)), len(column))
    values = [
        part[:, days].ravel()
        for part in (groups.event, groups.event_weight, groups.leverage, groups.size)
    ]
    used = np.flatnonzero((dates >= 0) & (values[1] > 0))
    if not used.size:
        return Portfolio(np.empty(0), np.empty(0), np.empty(0))
    order = used[np.argsort(dates[used], kind="stable")]
    starts = np.flatnonzero(np.diff(dates[order], prepend=-1))
    event, weight, leverage, size = (np.add.reduceat(part[order], starts) for part in values)
    spread = _spreads(groups, member[order], starts, coefficients)
    return Portfolio(event / weight, spread * np.sqrt(leverage / weight), size)


def _spreads(groups: _Groups, members: Ints, starts: Ints, coefficients: int) -> Floats:
    """Return each portfolio's residual standard deviation over the days all its members have.

    Args:
        groups: reaction dates.
        members: those of each portfolio, one portfolio after the other.
        starts: (D,) where each begins.
        coefficients: estimated of each member.
    """
    ends = np.append(starts[1:], len(members))
    if groups.many:
        from backtest.engine.history_kernels import portfolio_squares

        squares, days = np.empty(len(ends)), np.empty(len(ends))
        portfolio_squares(groups.residual, groups.weight, members, ends, squares, days)
    else:
        found = [_squares(groups, members[a:b]) for a, b in zip(starts, ends, strict=True)]
        squares, days = np.array(found).T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(squares / (days - coefficients))
    return np.where(days >= MIN_DAYS, spread, np.nan)


def _squares(groups: _Groups, rows: Ints) -> tuple[float, int]:
    """Return the sum of squared mean residuals over the days all members have, and how many."""
    weight = groups.weight[rows]
    common = (weight > 0).all(axis=0)
    series = groups.residual[rows][:, common].sum(axis=0) / weight[:, common].sum(axis=0)
    return float(series @ series), int(common.sum())
