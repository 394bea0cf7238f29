"""Many variants of one strategy at once: all of them shown, the best held against chance.

Every cell's orders are traded by the kernel in one call, without asking the capital: what an order
earns does not depend on other orders. The Sharpe ratio of a cell is that of its own book, from its
first entry to its last exit, whatever else is swept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.inference._multiplicity import benjamini_hochberg, holm
from backtest.strategy.cell_books import books_of
from backtest.strategy.charges import costs_of
from backtest.strategy.fills import Fillable
from backtest.strategy.grid import Axes, Cell, cells_of
from backtest.strategy.kernel import Trades, trade
from backtest.strategy.orders import Orders
from backtest.strategy.placebo import movable, on_random_dates
from backtest.strategy.ratios import SESSIONS_A_YEAR
from backtest.strategy.reality_check import Reality, reality_check
from backtest.strategy.rules import Book, Picked, picked, plan_orders
from backtest.strategy.selection import REACTION
from backtest.strategy.walk_forward import FEWEST, Fold, t_of, walk_forward

if TYPE_CHECKING:
    from backtest.strategy.candidates import Candidates
    from backtest.strategy.load import LoadedStrategy
    from backtest.strategy.study import Market

RUNS = 499
FOLDS = 3


@dataclass(frozen=True, slots=True)
class Swept:
    """What the cells of a sweep earned, each (C,) unless it says otherwise.

    Attributes:
        loaded: the strategy that was varied.
        axes: what was varied.
        cells: C strategies that can be traded.
        foreseen: cells left out: what they read is not known before their entry.
        events: how many event × ticker each could choose from.
        trades: filled orders.
        total: net profit, in money.
        mean, error: net return a trade (net profit over the money it was entered with) and its
            standard error as if trades were independent; NaN where there is none.
        hit_rate: share of the trades with a gain.
        sharpe: of a session, of the cell's own book, from its first entry to its last exit; NaN
            where returns do not vary, or the capital was lost.
        sessions: of that book.
        reality: net return against random dates.
        p_holm, p_bh: `reality.p` adjusted for C tests.
        folds: walk-forward choices.
        best: the cell with the highest Sharpe ratio among those with trades enough; None for none.
        returns: of the best cell, each session of its book.
        seed: of the random dates.
    """

    loaded: LoadedStrategy
    axes: Axes
    cells: tuple[Cell, ...]
    foreseen: int
    events: int
    trades: Ints
    total: Floats
    mean: Floats
    error: Floats
    hit_rate: Floats
    sharpe: Floats
    sessions: Ints
    reality: Reality
    p_holm: Floats
    p_bh: Floats
    folds: tuple[Fold, ...]
    best: int | None
    returns: Floats
    seed: int

    @property
    def yearly(self) -> Floats:
        """Sharpe ratios (C,) of a year."""
        return np.asarray(self.sharpe * np.sqrt(SESSIONS_A_YEAR))


@dataclass(frozen=True, slots=True)
class Laid:
    """The orders of all cells, N of them.

    Attributes:
        orders: one cell after the other.
        cell: (N,) the cell of each.
        day0: (N,) session on which its event reacts.
    """

    orders: Orders
    cell: Ints
    day0: Ints


def sweep(
    loaded: LoadedStrategy,
    market: Market,
    axes: Axes,
    *,
    runs: int = RUNS,
    folds: int = FOLDS,
    seed: int = 1,
) -> Swept:
    """Trade every cell of a strategy.

    Args:
        loaded: the strategy.
        market: what it is traded on.
        axes: what is varied.
        runs: draws of random dates; 0 for none.
        folds: walk-forward choices.
        seed: of the random dates.

    Raises:
        BadUsage, BadInput: axes that the strategy cannot have, a condition that cannot be read.
    """
    book = market.book
    given = market.candidates(loaded.strategy.latency_minutes)
    every = cells_of(loaded, axes)
    chosen = {where: picked(_first(every, where), given) for where in axes.filters}
    cells = tuple(one for one in every if not _foreseen(one, chosen[one.where]))
    if not cells:
        # None can be: the first says why.
        plan_orders(every[0].loaded, given, book)
    laid = lay(cells, given, book, chosen)
    costs = costs_of(loaded.strategy.costs, book.bars, book.known)
    can = Fillable.of(book.bars)
    made = trade(book.bars, laid.orders, costs, fillable=can)
    went = made.traded
    value, own = made.net[went] / laid.orders.notional[went], laid.cell[went]
    n, mean, t = t_of(value, own, len(cells))
    books = books_of(made, laid.cell, len(cells), book.capital)
    sharpe = books.sharpe
    able = np.flatnonzero((n >= FEWEST) & np.isfinite(sharpe))
    best = int(able[np.argmax(sharpe[able])]) if len(able) else None
    reality = _reality(made, laid, len(cells), runs, seed, can)
    over = made.main.exit[went] // 2
    gained = np.bincount(own, value > 0.0, len(cells))
    with np.errstate(invalid="ignore", divide="ignore"):
        error, hit_rate = np.abs(mean / t), gained / n
    return Swept(
        loaded=loaded,
        axes=axes,
        cells=cells,
        foreseen=len(every) - len(cells),
        events=len(given),
        trades=n,
        total=np.bincount(own, made.net[went], len(cells)).astype(np.float64),
        mean=mean,
        error=error,
        hit_rate=hit_rate,
        sharpe=sharpe,
        sessions=books.sessions,
        reality=reality,
        p_holm=holm(reality.p),
        p_bh=benjamini_hochberg(reality.p),
        folds=tuple(walk_forward(value, own, laid.day0[went], over, len(cells), folds)),
        best=best,
        returns=books.of(best) if best is not None else np.empty(0),
        seed=seed,
    )


def lay(
    cells: Sequence[Cell], given: Candidates, book: Book, chosen: Mapping[str | None, Picked]
) -> Laid:
    """Return the orders of all cells.

    Args:
        cells: C strategies.
        given: who could be traded.
        book: on what.
        chosen: by condition, who meets it.
    """
    some, which, days = [], [], []
    for place, cell in enumerate(cells):
        own = plan_orders(cell.loaded, given, book, chosen_by=chosen[cell.where], told=False)
        some.append(own.orders)
        which.append(np.full(len(own.orders), place))
        days.append(given.day0[own.place])
    return Laid(joined(some), np.concatenate(which), np.concatenate(days))


def _first(cells: Sequence[Cell], where: str | None) -> LoadedStrategy:
    return next(one.loaded for one in cells if one.where == where)


def _foreseen(cell: Cell, chosen: Picked) -> bool:
    """Whether the entry comes before the close that tells what the rule reads."""
    return cell.loaded.strategy.at_once and bool(chosen.reads & REACTION)


def joined(some: Sequence[Orders]) -> Orders:
    """Return several lots of orders as one; all of them, or none, have stops (targets)."""
    values: dict[str, Any] = {}
    for one in fields(Orders):
        parts = [getattr(lot, one.name) for lot in some]
        values[one.name] = None if parts[0] is None else np.concatenate(parts)
    return Orders(**values)


def _reality(made: Trades, laid: Laid, cells: int, runs: int, seed: int, can: Fillable) -> Reality:
    """Compare net return of the money put in, over the orders that have other dates."""
    if not runs:
        return reality_check(np.full(cells, np.nan), np.empty((0, cells)))
    against = movable(made.bars, laid.orders, laid.day0)
    own = laid.cell[against.place]
    money = np.bincount(own, against.orders.notional, cells)
    scale = np.where(money > 0.0, money, np.nan)
    observed = np.bincount(own, made.net[against.place], cells) / scale
    parts = [np.empty((0, cells))]
    for net, _ in on_random_dates(
        made.bars, against, made.costs, runs=runs, seed=seed, fillable=can
    ):
        count = len(net) // len(own)
        place = np.repeat(np.arange(count) * cells, len(own)) + np.tile(own, count)
        parts.append(np.bincount(place, net, count * cells).reshape(count, cells) / scale)
    draws = np.nan_to_num(np.concatenate(parts))
    return reality_check(observed, draws)
