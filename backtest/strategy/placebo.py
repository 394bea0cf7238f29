"""The same trades on random dates of the same securities: what chance would have earned.

Orders of one group (those that react on the same session) move together by the same random number
of sessions, so that a pair stays a pair and clustered trades stay clustered. Side, size, hedge
ratio, stop and holding period stay those of the real trade; what is random is the date. Every
session counts on which all orders of the group have a price to be entered at and room to be held
as long; the real one is left out. A trade that is still open where the prices end is valued there
and pays no exit, so it is valued after as many sessions, and pays none, on every date.

The p-value is one-sided, (1 + #{draws ≥ observed}) / (1 + N) (Phipson & Smyth 2010), which is
never 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.strategy.bars import CLOSE, TradeBars
from backtest.strategy.costs import FREE, Costs
from backtest.strategy.fills import Fillable
from backtest.strategy.kernel import Trades, trade
from backtest.strategy.orders import Orders

FEWEST_DATES = 20
"""Other dates below which a group is said to have few."""

_AT_ONCE = 200_000
"""Orders traded in one call, which bounds memory."""


@dataclass(frozen=True, slots=True)
class Dates:
    """Where the orders of each group may go.

    Attributes:
        group: (N,) which of G groups each order is of, from 0.
        shifts: G arrays of sessions by which a group may move, none of them 0.
    """

    group: Ints
    shifts: tuple[Ints, ...]

    @property
    def movable(self) -> Ints:
        """Return the places (n,) of the orders whose group has another date."""
        some = np.array([len(one) > 0 for one in self.shifts], dtype=np.bool_)
        return np.flatnonzero(some[self.group]) if len(some) else np.empty(0, dtype=np.int64)

    @property
    def fewest(self) -> int:
        """The dates of the group with the fewest, of those that have any; 0 where none has."""
        return min((len(one) for one in self.shifts if len(one)), default=0)

    def draw(self, runs: int, rng: np.random.Generator) -> Ints:
        """Return (runs, N) sessions by which each order moves, 0 where it cannot."""
        moves = np.zeros((runs, len(self.shifts)), dtype=np.int64)
        for place, own in enumerate(self.shifts):
            if len(own):
                moves[:, place] = rng.choice(own, runs)
        return moves[:, self.group] if len(self.shifts) else np.zeros((runs, 0), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Movable:
    """Orders that have other dates to go to.

    Attributes:
        place: (n,) which of the orders given they are.
        orders: n orders, each left inside the bars.
        dates: where they may go.
        unended: (n,) which of them were to be left after the bars end.
    """

    place: Ints
    orders: Orders
    dates: Dates
    unended: Bools


@dataclass(frozen=True, slots=True)
class Placebo:
    """What the trades earned, beside what they earned on random dates.

    Attributes:
        observed: net profit of the orders that could be moved, on their own dates; money.
        draws: (B,) the same on random dates.
        orders: how many there are.
        left_out: of them, those without another date.
        fewest_dates: other dates of the group with the fewest, among those moved; 0 for none.
        unfilled: share of the drawn orders that became no trade.
        seed: of the random numbers.
    """

    observed: float
    draws: Floats
    orders: int
    left_out: int
    fewest_dates: int
    unfilled: float
    seed: int

    @property
    def p(self) -> float | None:
        """One-sided p-value; None where nothing could be moved."""
        if self.left_out == self.orders or not len(self.draws):
            return None
        return p_value(self.observed, self.draws)

    def quantiles(self, *shares: float) -> list[float]:
        """Return quantiles of the draws; there must be some."""
        return [float(one) for one in np.quantile(self.draws, shares)]


def p_value(observed: float, draws: Floats) -> float:
    """Return (1 + #{draws ≥ observed}) / (1 + N)."""
    # The same trades on the same date may differ in the last bits of a sum.
    slack = 1e-12 * max(1.0, abs(observed))
    return (1 + int((draws >= observed - slack).sum())) / (1 + len(draws))


def placebo(
    bars: TradeBars,
    orders: Orders,
    group: Ints,
    costs: Costs = FREE,
    *,
    runs: int,
    seed: int,
    fillable: Fillable | None = None,
) -> Placebo:
    """Trade the orders on random dates.

    Args:
        bars: P securities on S sessions.
        orders: N orders; those entered outside the bars, or in their last auction, are left out.
        group: (N,) labels; orders of the same label move together.
        costs: what trading costs, on the random dates as on the real ones.
        runs: B, how often all of them are drawn anew.
        seed: of the random numbers.
        fillable: `Fillable.of(bars)`, where many calls share it.
    """
    can = Fillable.of(bars) if fillable is None else fillable
    own = movable(bars, orders, group)
    observed = float(trade(bars, orders.take(own.place), costs, fillable=can).net.sum())
    totals, filled = [np.empty(0)], 0
    for net, traded in on_random_dates(bars, own, costs, runs=runs, seed=seed, fillable=can):
        totals.append(net.reshape(-1, len(own.orders)).sum(axis=1))
        filled += int(traded.sum())
    drawn = np.concatenate(totals)
    return Placebo(
        observed=observed,
        draws=drawn,
        orders=len(orders),
        left_out=len(orders) - len(own.orders),
        fewest_dates=own.dates.fewest,
        unfilled=1.0 - filled / (len(drawn) * len(own.orders)) if len(drawn) else 0.0,
        seed=seed,
    )


def movable(bars: TradeBars, orders: Orders, group: Ints) -> Movable:
    """Return the orders whose group has another date to go to."""
    usable = np.flatnonzero(_inside(bars, orders))
    inside = within(orders.take(usable), bars)
    dates = dates_of(bars, inside, group[usable])
    some = dates.movable
    return Movable(
        usable[some],
        inside.take(some),
        replace(dates, group=dates.group[some]),
        orders.exit[usable[some]] >= 2 * bars.shape[1],
    )


def on_random_dates(
    bars: TradeBars, own: Movable, costs: Costs, *, runs: int, seed: int, fillable: Fillable
) -> Iterator[tuple[Floats, Bools]]:
    """Yield net profit of all runs and what was filled, the n orders one run after the other.

    An order that did not end where it was pays no exit where it is moved to, unless a stop or
    target ends it before.
    """
    rng = np.random.default_rng(seed)
    step = max(1, _AT_ONCE // max(1, len(own.orders)))
    for start in range(0, runs if len(own.orders) else 0, step):
        count = min(step, runs - start)
        moves = own.dates.draw(count, rng).ravel()
        many = own.orders.take(np.tile(np.arange(len(own.orders)), count)).moved(moves)
        made = trade(bars, many, costs, fillable=fillable)
        valued = np.tile(own.unended, count) & (made.main.exit >= many.exit)
        net = made.net + np.where(valued, _leaving(made), 0.0) if valued.any() else made.net
        yield net, made.traded


def _leaving(made: Trades) -> Floats:
    """Return (N,) what was paid for the exits of both positions."""
    parts = [sum(leg.charged(made.costs)[1]) for leg in (made.main, made.hedge)]
    return np.asarray(sum(parts))


def within(orders: Orders, bars: TradeBars) -> Orders:
    """Return the orders with exits no later than the last close, so that they can be moved.

    One that is still held there has been held that long, and is so on every other date.
    """
    last = bars.shape[1] - 1
    beyond = orders.exit_session > last
    return replace(
        orders,
        exit_session=np.where(beyond, last, orders.exit_session),
        exit_auction=np.where(beyond, CLOSE, orders.exit_auction),
    )


def _inside(bars: TradeBars, orders: Orders) -> Bools:
    """Return which orders (N,) have a security, and an entry with an auction after it."""
    entry = orders.entry
    return np.asarray(
        (orders.security >= 0) & (entry >= 0) & (entry < 2 * bars.shape[1] - 1), dtype=np.bool_
    )


def dates_of(bars: TradeBars, orders: Orders, group: Ints) -> Dates:
    """Find the sessions by which each group may move: priced at entry, with room to be held."""
    labels, of = np.unique(group, return_inverse=True)
    priced = np.isfinite(bars.auctions)
    size = bars.shape[1]
    shifts = []
    for label in range(len(labels)):
        members = np.flatnonzero(of == label)
        entry, leave = orders.entry_session[members], orders.exit_session[members]
        moves = np.arange(-int(entry.min()), size - int(leave.max()))
        fits = moves != 0
        for row, auction in _entries(orders, members):
            fits &= priced[row, 2 * moves + auction]
        shifts.append(moves[fits])
    return Dates(np.asarray(of, dtype=np.int64), tuple(shifts))


def _entries(orders: Orders, members: Ints) -> Ints:
    """Return (n, 2) the securities and auctions that some orders and their hedges are entered in.

    Variants of one order are entered in few of them, which are found once.
    """
    auction = orders.entry[members]
    rows = np.concatenate([orders.security[members], orders.hedge_security[members]])
    pairs = np.unique(np.stack([rows, np.tile(auction, 2)], axis=1), axis=0)
    return np.asarray(pairs[pairs[:, 0] >= 0], dtype=np.int64)
