"""How much money an order gets, from what was known before its entry."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.strategy.costs import Liquidity
from backtest.strategy.schema import Size


def sized(
    size: Size, capital: float, row: Ints, session: Ints, group: Ints, known: Liquidity
) -> Floats:
    """Return (N,) money for each order, NaN where what it follows from is not known.

    Sizes are shares of the capital there was at the start: gains are not put to work again, so that
    no trade's size depends on the trades before it.

    Args:
        size: the rule.
        capital: at the start.
        row: (N,) rows of the bars.
        session: (N,) sessions of the entries; volatility and volume are those before them.
        group: (N,) orders of one number share what one of them would get.
        known: volatility and volume.
    """
    money = np.full(len(row), size.value if size.rule == "equal" else size.value * capital)
    inside = (session >= 0) & (session < known.adv.shape[1]) & (row >= 0)
    at = row.clip(0), session.clip(0, known.adv.shape[1] - 1)
    if size.rule == "inverse_volatility":
        sigma = np.where(inside, known.sigma[at], np.nan)
        money = np.where(sigma > 0, money / np.where(sigma > 0, sigma, 1.0), np.nan)
    if size.per == "side":
        _, where, count = np.unique(group, return_inverse=True, return_counts=True)
        money = money / count[where]
    if size.most is not None:
        money = np.minimum(money, size.most * capital)
    if size.adv_cap is not None:
        # Where no volume is known nothing says that it is too much.
        cap = np.where(inside, size.adv_cap * known.adv[at], np.nan)
        money = np.where(np.isfinite(cap), np.minimum(money, cap), money)
    return np.asarray(money, dtype=np.float64)
