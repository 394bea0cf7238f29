"""Orders as arrays, made so that none can be filled before it could be decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.strategy.bars import auction_of


@dataclass(frozen=True, slots=True)
class Orders:
    """N round trips, each (N,); a session is a column of the bars, an auction 0 or 1 (open, close).

    Attributes:
        security: row of the bars, −1 for a security that has none.
        known: the first auction (2 · session + auction) that everything the order was decided on
            was known before.
        entry_session, entry_auction: where it is entered.
        exit_session, exit_auction: where it is left, at the latest.
        side: +1 long, −1 short.
        notional: money to enter with, in the currency of the prices.
        hedge_security: row of what is held against it, −1 for nothing.
        hedge_ratio: money of the hedge for one of the order, held on the other side (a negative
            one on the same side).
        stop: loss (a positive decimal of the entry price) that a close must reach for the order to
            be left at the next open; NaN or None for none.
        target: gain, likewise.

    Raises:
        ValueError: an entry before `known`, an exit that is not after the entry, or arrays that do
            not fit (a bug of ours, not input).
    """

    security: Ints
    known: Ints
    entry_session: Ints
    entry_auction: Ints
    exit_session: Ints
    exit_auction: Ints
    side: Floats
    notional: Floats
    hedge_security: Ints
    hedge_ratio: Floats
    stop: Floats | None = None
    target: Floats | None = None

    def __post_init__(self) -> None:
        sizes = {len(value) for _, value in self._arrays()}
        if len(sizes) != 1:
            raise ValueError(f"orders of several lengths: {sorted(sizes)}")
        if (self.entry < self.known).any():
            raise ValueError("an order is entered before it could be decided")
        if (self.exit <= self.entry).any():
            raise ValueError("an order is left before it is entered")

    def __len__(self) -> int:
        return len(self.security)

    @property
    def entry(self) -> Ints:
        """The auction (N,) it is entered in."""
        return auction_of(self.entry_session, self.entry_auction)

    @property
    def exit(self) -> Ints:
        """The auction (N,) it is left in."""
        return auction_of(self.exit_session, self.exit_auction)

    def take(self, chosen: Ints | Bools) -> Orders:
        """Return some of the orders."""
        return replace(self, **{name: value[chosen] for name, value in self._arrays()})

    def sized(self, notional: Floats) -> Orders:
        """Return the orders with other amounts of money."""
        return replace(self, notional=notional)

    def moved(self, sessions: Ints) -> Orders:
        """Return the orders with entry, exit and `known` moved by (N,) sessions."""
        return replace(
            self,
            known=self.known + 2 * sessions,
            entry_session=self.entry_session + sessions,
            exit_session=self.exit_session + sessions,
        )

    def _arrays(self) -> Iterator[tuple[str, Any]]:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None:
                yield one.name, value


def orders(
    *,
    security: Ints,
    known: Ints,
    entry: Ints,
    exit: Ints,
    side: Floats,
    notional: Floats,
    hedge_security: Ints | None = None,
    hedge_ratio: Floats | None = None,
    stop: Floats | None = None,
    target: Floats | None = None,
) -> Orders:
    """Return orders whose entry and exit are given as auctions (N,).

    Raises:
        ValueError: as `Orders`.
    """
    count = len(security)
    no_hedge = hedge_security is None or hedge_ratio is None
    return Orders(
        security=np.asarray(security, dtype=np.int64),
        known=np.asarray(known, dtype=np.int64),
        entry_session=np.asarray(entry) // 2,
        entry_auction=np.asarray(entry) % 2,
        exit_session=np.asarray(exit) // 2,
        exit_auction=np.asarray(exit) % 2,
        side=np.asarray(side, dtype=np.float64),
        notional=np.asarray(notional, dtype=np.float64),
        hedge_security=np.full(count, -1) if no_hedge else np.asarray(hedge_security),
        hedge_ratio=np.zeros(count) if no_hedge else np.asarray(hedge_ratio, dtype=np.float64),
        stop=stop,
        target=target,
    )
