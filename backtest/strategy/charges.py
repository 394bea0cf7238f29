"""What a strategy says of its costs, as the kernel charges them."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.strategy.abdi_ranaldo import abdi_ranaldo
from backtest.strategy.bars import TradeBars
from backtest.strategy.corwin_schultz import corwin_schultz
from backtest.strategy.costs import Costs, Liquidity
from backtest.strategy.schema import Charges

BPS = 1e-4
"""A basis point, as a decimal."""


def costs_of(charges: Charges, bars: TradeBars, known: Liquidity) -> Costs:
    """Return the costs on some bars; impact is 0 where volume or volatility is not known.

    Args:
        charges: as the strategy says.
        bars: prices.
        known: volume and volatility before each session.
    """
    return Costs(
        commission=charges.commission_bps * BPS,
        half_spread=half_spread(charges, bars),
        impact=known.impact(charges.impact) if charges.impact else None,
        borrow=charges.borrow_bps * BPS,
    )


def half_spread(charges: Charges, bars: TradeBars) -> float | Floats:
    """Return half the spread, a decimal: one for all, or (P, S) known before each session.

    Where too little was known to estimate it, it is the one that `charges` names.
    """
    fixed = charges.half_spread_bps * BPS
    if charges.spread == "fixed":
        return fixed
    ranges = bars.high, bars.low, bars.close
    by_ranges = charges.spread == "corwin_schultz"
    found = corwin_schultz(*ranges) if by_ranges else abdi_ranaldo(*ranges)
    return np.where(np.isfinite(found), found, fixed)
