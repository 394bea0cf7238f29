"""Which securities an event's may be compared with: the rules that models with a pool share.

1. A candidate has a return on every session of estimation and event window that has a market
   return, and its return is not constant.
2. It is neither a party of the same event, nor has it an event of its own in the study whose event
   window shares a session with this one's.
3. It is no index, the benchmark or a factor, and no fund in disguise: who moves with the benchmark
   (|correlation| ≥ 0.95 in the estimation window) is a fund of the market, who moves with the
   security itself is a share class or a leveraged fund of it.
4. It is of the same sector, where the user gives the sector of the event's security (blanks around
   a name and capitals aside); a security whose sector is not given is compared with all.

Nobody is chosen by the event window but for rule 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import Block
from backtest.engine.pool import Candidates

TOO_ALIKE = 0.95
"""Correlation of daily returns from which on two securities are the same thing."""

FEWEST = 2
"""Donors without which nothing is synthetic."""


@dataclass(frozen=True, slots=True)
class Day:
    """The candidates of one event day, of one sector or all, P of them; NaN for who is none.

    Attributes:
        estimation: (P, M), and event: (P, L), returns.
        market: (M,) the benchmark's in the estimation window.
        usable: (P,) by the rules that all observations of the day share.
        beta: (P,) on the benchmark.
        log_size: (P,) logarithm of the market value, NaN where not known.
    """

    estimation: Floats
    event: Floats
    market: Floats
    usable: Bools
    beta: Floats
    log_size: Floats

    def among(self, peers: Bools) -> Day:
        """Return the day with some (P,) of the candidates."""
        return replace(self, usable=self.usable & peers)


def pool_of(block: Block, model: str) -> Candidates:
    """Return the pool of a block.

    Raises:
        TypeError: it has none.
    """
    if block.pool is None:
        raise TypeError(f"{model}: the block has no pool of securities")
    return block.pool


def event_days(pool: Candidates, block: Block) -> Iterator[tuple[Day, Ints]]:
    """Yield each event day with the candidates of one sector, and the observations they are for."""
    sector = pool.sector[pool.own]
    for group in np.unique(block.group):
        here = block.group == group
        everybody = _day(pool, block, int(group))
        for one in np.unique(sector[here]):
            day = everybody if one < 0 else everybody.among(pool.sector == one)
            yield day, np.flatnonzero(here & (sector == one))


def _day(pool: Candidates, block: Block, group: int) -> Day:
    """Apply the rules that do not depend on the observation."""
    market = block.regressors["market"]
    estimation, event = pool.cut(group)
    days = np.isfinite(market.estimation[group])
    complete = np.isfinite(estimation[:, days]).all(axis=1)
    complete &= np.isfinite(event[:, np.isfinite(market.event[group])]).all(axis=1)
    beta, correlation = line(estimation, market.estimation[group], days)
    usable = pool.eligible & complete & (np.abs(correlation) < TOO_ALIKE)
    return Day(estimation, event, market.estimation[group], usable, beta, pool.log_size[group])


@dataclass(frozen=True, slots=True)
class Donors:
    """Observations of one event day that miss the same days, and who may be weighed for them.

    Attributes:
        day: all candidates.
        days: (m,) places of the estimation days used.
        rows: (k,) candidates that may be a donor of any of them, in an order that depends on their
            returns alone.
        places: (n,) the observations, places in the block.
        own: (n, m) the observations' returns on the days used.
        peers: (n, k) whether rules 2 and 4 let each be compared with each observation, and
        allowed: (n, k) whether rule 3 does too: it may be a donor.
    """

    day: Day
    days: Ints
    rows: Ints
    places: Ints
    own: Floats
    peers: Bools
    allowed: Bools

    @property
    def past(self) -> Floats:
        """The candidates' returns on the days used, (m, k)."""
        return self.day.estimation[np.ix_(self.rows, self.days)].T

    def unlike(self, some: Ints) -> Bools:
        """Return (s, k): who is not the same thing as each of some candidates, by rule 3."""
        past = self.past
        past = past - past.mean(axis=0)
        past /= np.sqrt(np.einsum("mk,mk->k", past, past))
        alike = [np.abs(np.einsum("mk,m->k", past, past[:, at])) >= TOO_ALIKE for at in some]
        return ~np.array(alike, dtype=np.bool_).reshape(len(some), len(self.rows))


def donors_of(pool: Candidates, block: Block) -> Iterator[Donors]:
    """Yield all observations of a block, those together that share candidates and days."""
    for day, places in event_days(pool, block):
        own = block.estimation[places]
        valid = np.isfinite(own) & np.isfinite(day.market)
        patterns, pattern = np.unique(valid, axis=0, return_inverse=True)
        for number, days in enumerate(patterns):
            some = np.flatnonzero(pattern.ravel() == number)
            yield _together(day, pool, places[some], own[some], days)


def _together(day: Day, pool: Candidates, places: Ints, own: Floats, valid: Bools) -> Donors:
    """Find the donors of observations with returns `own` (n, M) on the same days `valid` (M,)."""
    days = np.flatnonzero(valid)
    rows = _in_order(day, days)
    peers = ~pool.barred[np.ix_(places, rows)]
    allowed = np.zeros_like(peers)
    for at in range(len(places)):
        some = others(day, own[at], valid, rows[peers[at]])
        allowed[at] = np.isin(rows, some, assume_unique=True)
    return Donors(day, days, rows, places, own[:, days], peers, allowed)


def _in_order(day: Day, days: Ints) -> Ints:
    """Return the day's candidates ordered by their mean return.

    Their order in the panel depends on what else is studied, and the last bits of sums on theirs.
    """
    rows = np.flatnonzero(day.usable)
    return rows[np.argsort(day.estimation[np.ix_(rows, days)].sum(axis=1), kind="stable")]


def others(day: Day, own: Floats, valid: Bools, rows: Ints) -> Ints:
    """Return those of some candidates that are not the security itself in another form."""
    _, alike = line(day.estimation[rows], own, valid)
    return rows[~(np.abs(alike) >= TOO_ALIKE)]


def line(y: Floats, x: Floats, days: Bools) -> tuple[Floats, Floats]:
    """Return slope on x and correlation with it of each row of y (P, M) on some days; else NaN."""
    x = x[days]
    y = y[:, days]
    if len(x) < 2:
        return np.full(len(y), np.nan), np.full(len(y), np.nan)
    x = x - x.mean()
    y = y - y.mean(axis=1, keepdims=True)
    cross = np.einsum("pm,m->p", y, x)
    squares, own = float(np.einsum("m,m->", x, x)), np.einsum("pm,pm->p", y, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        return cross / squares, cross / np.sqrt(squares * own)
