"""The deepest and the longest fall of an equity curve below its highest value so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats


@dataclass(frozen=True, slots=True)
class Drawdown:
    """Falls of an equity curve.

    Attributes:
        depth: the deepest, a share of the highest value before: 0 or below.
        peak, trough: sessions of its highest value and of its lowest; −1 is the start, before the
            first session.
        end: the session on which the highest value was reached again; None while it is not.
        longest: sessions of the longest spell below a highest value, over or not.
    """

    depth: float = 0.0
    peak: int = -1
    trough: int = -1
    end: int | None = -1
    longest: int = 0


def underwater(returns: Floats) -> Floats:
    """Return (S,) how far below its highest value so far the equity is, 0 at it.

    The value before the first session counts as one of them.
    """
    equity = np.cumprod(1.0 + returns)
    return equity / np.maximum(np.maximum.accumulate(equity), 1.0) - 1.0


def drawdown(returns: Floats) -> Drawdown:
    """Return the falls of the equity that (S,) session returns make of 1."""
    return falls(underwater(returns))


def falls(below: Floats) -> Drawdown:
    """Return the falls of an equity that is (S,) `below` its highest value so far, 0 at it.

    A book that owes more than it had is more than 100 % below.
    """
    if not len(below) or below.min() >= 0.0:
        return Drawdown()
    trough = int(below.argmin())
    at_top = np.flatnonzero(below >= 0.0)
    before, after = at_top[at_top < trough], at_top[at_top > trough]
    edges = np.concatenate([[-1], at_top, [len(below)]])
    return Drawdown(
        depth=float(below[trough]),
        peak=int(before[-1]) if len(before) else -1,
        trough=trough,
        end=int(after[0]) if len(after) else None,
        longest=int(np.diff(edges).max()) - 1,
    )
