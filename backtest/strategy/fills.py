"""Which auctions of daily bars could have filled an order, and why others could not.

Only opens and closes are auctions with a time; no order is filled inside a bar. Where the whole day
has one price above the close before, nobody was willing to sell (a limit-up day), and the other way
round; a bar without volume or price fills nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.strategy.bars import CLOSE, OPEN, TradeBars
from backtest.strategy.status import FILLED, LOCKED, NO_OPEN, NO_PRICE, NO_VOLUME


@dataclass(frozen=True, slots=True)
class Fillable:
    """Where orders can be filled, all (P, 2S) by auction.

    Attributes:
        buy, sell: `FILLED` where an order would be filled, else the code of the reason.
        next_buy, next_sell: the first such auction from each on, 2S where there is none.
    """

    buy: Ints
    sell: Ints
    next_buy: Ints
    next_sell: Ints

    @classmethod
    def of(cls, bars: TradeBars) -> Fillable:
        """Judge every auction of the bars by that session and the ones before."""
        shared = _shared_reasons(bars)
        up, down = _locked(bars)
        buy, sell = (_with_locked(shared, one) for one in (up, down))
        return cls(buy, sell, _next(buy == FILLED), _next(sell == FILLED))

    def code(self, security: Ints, auction: Ints, side: Floats) -> Ints:
        """Return (N,) what happens to an order to buy (side > 0) or sell in an auction."""
        return np.asarray(
            np.where(side > 0, self.buy[security, auction], self.sell[security, auction]),
            dtype=np.int64,
        )

    def next(self, security: Ints, auction: Ints, side: Floats) -> Ints:
        """Return (N,) the first auction, from one on, that fills an order; 2S for none."""
        return np.asarray(
            np.where(side > 0, self.next_buy[security, auction], self.next_sell[security, auction]),
            dtype=np.int64,
        )


def _shared_reasons(bars: TradeBars) -> Ints:
    """Return (P, 2S) the reasons that bar buyers and sellers alike."""
    out = np.full(bars.auctions.shape, FILLED, dtype=np.int64)
    usable = np.isfinite(bars.auctions) & (bars.auctions > 0)
    there = np.isfinite(bars.close) & (bars.close > 0)
    closed = np.repeat(~there, 2, axis=1)
    out[np.repeat(~bars.traded, 2, axis=1)] = NO_VOLUME
    out[~usable] = NO_OPEN
    out[closed] = NO_PRICE
    return out


def _locked(bars: TradeBars) -> tuple[Bools, Bools]:
    """Return (P, S) whether the day has one price only, above or below the close before."""
    before = np.full(bars.shape, np.nan)
    before[:, 1:] = bars.marks[:, :-1]
    with np.errstate(invalid="ignore"):
        one_price = (bars.high == bars.low) & (bars.close == bars.high)
        up, down = one_price & (bars.close > before), one_price & (bars.close < before)
    return np.asarray(up), np.asarray(down)


def _with_locked(shared: Ints, locked: Bools) -> Ints:
    out = shared.copy()
    for auction in (OPEN, CLOSE):
        part = out[:, auction::2]
        part[locked & (part == FILLED)] = LOCKED
    return out


def _next(fits: Bools) -> Ints:
    size = fits.shape[1]
    place = np.where(fits, np.arange(size), size)
    return np.asarray(np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1], dtype=np.int64)
