"""What trading costs: commission, half the spread, impact, and the fee for borrowed shares.

Impact follows the square root of what is traded over what usually is (Grinold & Kahn 2000; Almgren,
Thum, Hauptmann & Li 2005): a decimal of the value traded, Y · σ · √(value ÷ ADV), with σ the daily
volatility and ADV the average daily value traded, both over the 20 sessions before the fill's own.
Dividends are no cost here; the kernel pays and charges them with the position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats
from backtest.strategy.bars import TradeBars

LOOK_BACK = 20
"""Sessions that σ and ADV are taken over."""
FEWEST = 10
"""Sessions of these that must be known."""
YEAR = 365.0
"""Days of a year that the borrow fee is told for."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs as the kernel charges them.

    Attributes:
        commission: decimal of the value traded, each way.
        half_spread: decimal of the value traded, each way: one for all, or (P, S) by security and
            the session of the fill, known from the sessions before it.
        impact: (P, S) decimal of the value traded, for each square root of a unit of money; None
            for no impact.
        borrow: decimal of a short position's value, a year.
    """

    commission: float = 0.0
    half_spread: float | Floats = 0.0
    impact: Floats | None = None
    borrow: float = 0.0

    @property
    def free(self) -> bool:
        """Whether nothing costs anything."""
        spread = bool(np.any(self.half_spread))
        return not (self.commission or spread or self.impact is not None or self.borrow)


FREE = Costs()
"""Nothing costs anything."""


@dataclass(frozen=True, slots=True)
class Liquidity:
    """What was known before each session, both (P, S), NaN where too little was.

    Attributes:
        adv: average money traded a session.
        sigma: standard deviation of the daily return.
    """

    adv: Floats
    sigma: Floats

    @classmethod
    def of(cls, bars: TradeBars) -> Liquidity:
        """Look back from every session, its own bar not included."""
        returns = np.full(bars.shape, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            returns[:, 1:] = bars.total_return[:, 1:] / bars.total_return[:, :-1] - 1.0
        return cls(_mean_before(bars.close * bars.volume), _deviation_before(returns))

    def impact(self, coefficient: float) -> Floats:
        """Return `Costs.impact` for Y = `coefficient`."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(coefficient * self.sigma / np.sqrt(self.adv), dtype=np.float64)


def _before(values: Floats, sessions: int) -> Floats:
    """Return (P, S) the values of some sessions earlier."""
    out = np.full(values.shape, np.nan)
    out[:, sessions:] = values[:, :-sessions]
    return out


def _mean_before(values: Floats) -> Floats:
    """Return (P, S) the mean of what is known of the sessions before each."""
    count, total = np.zeros(values.shape), np.zeros(values.shape)
    for sessions in range(1, min(LOOK_BACK, values.shape[1] - 1) + 1):
        one = _before(values, sessions)
        there = np.isfinite(one)
        count += there
        total += np.where(there, one, 0.0)
    return np.where(count >= FEWEST, total / np.maximum(count, 1), np.nan)


def _deviation_before(values: Floats) -> Floats:
    """Return (P, S) the standard deviation of the same."""
    mean = _mean_before(values)
    count, squares = np.zeros(values.shape), np.zeros(values.shape)
    for sessions in range(1, min(LOOK_BACK, values.shape[1] - 1) + 1):
        one = _before(values, sessions)
        there = np.isfinite(one)
        count += there
        squares += np.where(there, (one - mean) ** 2, 0.0)
    return np.sqrt(squares / np.maximum(count - 1, 1))
