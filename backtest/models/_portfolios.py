"""The donors' portfolio of each observation of a block, for the model `synthetic`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import Block
from backtest.engine.pool import Candidates
from backtest.engine.simplex_least_squares import simplex_fits
from backtest.models._donors import Day, event_days, others

FEWEST = 2
"""Donors without which nothing is synthetic."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Weights of one observation's donors and what they come to.

    Attributes:
        days: (m,) places of the estimation days used.
        own: (m,) the security's returns there.
        past: (m, k), and ahead: (L, k), returns of the k donors with weight.
        weights: (k,).
        gap: the relative duality gap.
        certified: whether that proves the optimum.
    """

    days: Ints
    own: Floats
    past: Floats
    ahead: Floats
    weights: Floats
    gap: float
    certified: bool

    @property
    def free(self) -> int:
        """Weights that are free once their sum is given, at least 1: K."""
        return max(len(self.weights) - 1, 1)

    @property
    def errors(self) -> Floats:
        """The security's return above the portfolio's on the days used, (m,)."""
        out: Floats = self.own - np.einsum("mk,k->m", self.past, self.weights)
        return out

    @property
    def expected(self) -> Floats:
        """The portfolio's return in the event window, (L,)."""
        out: Floats = np.einsum("lk,k->l", self.ahead, self.weights)
        return out

    def scaled_design(self) -> Floats:
        """Return (L, L) whose rows' norms and sums are those of z_τ R⁻¹, Z'Z = R'R.

        Z are the differences of the donors to the one with the most weight. There may be more of
        them than days in the event window, so the rows are turned into a basis of their own.
        """
        length = len(self.ahead)
        out = np.zeros((length, length))
        if 1 < len(self.weights) <= len(self.days):
            first = int(np.argmax(self.weights))
            past, ahead = (
                np.delete(one - one[:, [first]], first, axis=1) for one in (self.past, self.ahead)
            )
            there = np.isfinite(ahead).all(axis=1)
            _, r = np.linalg.qr(past)
            _, turned = np.linalg.qr(np.linalg.solve(r.T, ahead[there].T))
            out[there, : len(turned)] = turned.T
        return out


@dataclass(frozen=True, slots=True)
class Weighed:
    """One observation: its place in the block, and its portfolio where there is one.

    Attributes:
        place: which observation.
        days: estimation days on which it and the benchmark have a return.
        candidates: securities that may have a weight.
        still: whether its own price, and market_still: the benchmark's, stands still.
        portfolio: None without two candidates.
    """

    place: int
    days: int
    candidates: int
    still: bool
    market_still: bool
    portfolio: Portfolio | None


def weighed(pool: Candidates, block: Block) -> Iterator[Weighed]:
    """Yield every observation; those of one day that miss the same days are weighed together."""
    for day, places in event_days(pool, block):
        own = block.estimation[places]
        valid = np.isfinite(own) & np.isfinite(day.market)
        patterns, pattern = np.unique(valid, axis=0, return_inverse=True)
        for number, days in enumerate(patterns):
            some = np.flatnonzero(pattern == number)
            yield from _together(day, pool, places[some], own[some], days)


def _together(
    day: Day, pool: Candidates, places: Ints, own: Floats, valid: Bools
) -> Iterator[Weighed]:
    """Weigh observations with returns `own` (n, M) on the same days `valid` (M,)."""
    days = np.flatnonzero(valid)
    rows = _in_order(day, days)
    allowed = np.zeros((len(places), len(rows)), dtype=np.bool_)
    for at, place in enumerate(places):
        some = others(day, own[at], valid, rows[~pool.barred[place, rows]])
        allowed[at] = np.isin(rows, some, assume_unique=True)
    found = _portfolios(day, rows, days, own, allowed)
    market_still = _still(day.market[days])
    for at in range(len(places)):
        yield Weighed(
            int(places[at]),
            len(days),
            int(allowed[at].sum()),
            _still(own[at, days]),
            market_still,
            found.get(at),
        )


def _in_order(day: Day, days: Ints) -> Ints:
    """Return the day's candidates ordered by their mean return.

    Their order in the panel depends on what else is studied, and the last bits of sums on theirs.
    """
    rows = np.flatnonzero(day.usable)
    return rows[np.argsort(day.estimation[np.ix_(rows, days)].sum(axis=1), kind="stable")]


def _portfolios(
    day: Day, rows: Ints, days: Ints, own: Floats, allowed: Bools
) -> dict[int, Portfolio]:
    """Return the portfolio of each observation that has enough donors among the rows allowed."""
    enough = np.flatnonzero((allowed.sum(axis=1) >= FEWEST) & (len(days) > 0))
    if not len(enough):
        return {}
    past = day.estimation[np.ix_(rows, days)]
    targets = own[enough][:, days]
    found = {}
    for at, fit in enumerate(simplex_fits(targets, past.T, 0.0, allowed[enough])):
        held = np.flatnonzero(fit.weights)
        found[int(enough[at])] = Portfolio(
            days,
            targets[at],
            past[held].T,
            day.event[rows[held]].T,
            fit.weights[held],
            fit.relative_gap,
            fit.certified,
        )
    return found


def _still(returns: Floats) -> bool:
    """Whether a price stands still or grows evenly."""
    return not len(returns) or bool(np.ptp(returns) == 0.0)
