"""The donors' portfolio of each observation of a block, for the model `synthetic`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import Block
from backtest.engine.donors import FEWEST, Donors, donors_of
from backtest.engine.pool import Candidates
from backtest.engine.simplex_least_squares import simplex_fits


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
    for donors in donors_of(pool, block):
        found = _portfolios(donors)
        market_still = _still(donors.day.market[donors.days])
        for at, place in enumerate(donors.places):
            yield Weighed(
                int(place),
                len(donors.days),
                int(donors.allowed[at].sum()),
                _still(donors.own[at]),
                market_still,
                found.get(at),
            )


def _portfolios(donors: Donors) -> dict[int, Portfolio]:
    """Return the portfolio of each observation that has enough donors, by its place among them."""
    enough = np.flatnonzero((donors.allowed.sum(axis=1) >= FEWEST) & (len(donors.days) > 0))
    if not len(enough):
        return {}
    past, targets = donors.past, donors.own[enough]
    found = {}
    for at, fit in enumerate(simplex_fits(targets, past, 0.0, donors.allowed[enough])):
        held = np.flatnonzero(fit.weights)
        found[int(enough[at])] = Portfolio(
            donors.days,
            targets[at],
            past[:, held],
            donors.day.event[donors.rows[held]].T,
            fit.weights[held],
            fit.relative_gap,
            fit.certified,
        )
    return found


def _still(returns: Floats) -> bool:
    """Whether a price stands still or grows evenly."""
    return not len(returns) or bool(np.ptp(returns) == 0.0)
