"""What became of an order: filled, or why not."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Bools, Ints

FILLED = 0
LATE = 1
OPEN_AT_END = 2
NO_PRICE = 10
NO_OPEN = 11
NO_VOLUME = 12
LOCKED = 13
NO_HEDGE = 14
OUTSIDE = 15
NO_SECURITY = 16
NOTHING = 17

TOLD = {
    FILLED: "filled",
    LATE: "left later than planned: the planned auction filled nothing",
    OPEN_AT_END: "still held where the prices end, valued at the last close",
    NO_PRICE: "no price on that session",
    NO_OPEN: "the prices have no open on that session",
    NO_VOLUME: "no shares were traded on that session",
    LOCKED: "one price all day: nobody took the other side",
    NO_HEDGE: "the hedge could not be filled in the same auction",
    OUTSIDE: "not yet traded: the prices end before",
    NO_SECURITY: "the price source has no such security",
    NOTHING: "no size: what it follows from is not known",
}
"""Each code in words."""


def is_trade(status: Ints) -> Bools:
    """Tell which orders became positions."""
    return np.asarray(status < NO_PRICE, dtype=np.bool_)
