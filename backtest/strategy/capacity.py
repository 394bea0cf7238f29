"""How much money a rule could have carried: the size at which its own impact eats what it earns.

Everything but impact grows with the size of a trade, impact with its power of 3/2. With A what
was earned before impact and I the impact, both at the size that was traded, f times the size earns
f · A − f^{3/2} · I: nothing at f = (A/I)², most at 4/9 of that.

Under a cap on the share of a day's trading an order grows up to its cap and no further. What all
of them earn is then the sum of those below the cap, as above, and of the others, which no longer
change; where every order is at its cap more capital earns no more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Floats
from backtest.strategy.kernel import Trades

if TYPE_CHECKING:
    from backtest.strategy.tables import Traded

MEASURED = 0.1
"""Share of a day's trading up to which the square-root law was measured (Almgren et al. 2005)."""

MOST = 4.0 / 9.0
"""Of the size at which nothing is left, that which earns most."""

_SIZES = 4_000
"""Sizes looked at, up to that at which all orders are at their caps."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Capital at which nothing is earned any more, and at which most is; NaN without an edge.

    Both are infinite where there is no impact. Up to `known_to` no order is more than a tenth of
    what trades in a day; the square-root law was measured on such orders.

    Attributes:
        gone: capital at which nothing is left; infinite where the caps come before.
        most: capital that earns most.
        known_to: see above.
        full: capital from which on every order is at its cap; infinite without caps.
        at_most: what is earned from there on, in money; NaN without caps.
    """

    gone: float
    most: float
    known_to: float
    full: float = math.inf
    at_most: float = math.nan


def capacity(one: Traded, capital: float) -> Capacity:
    """Return the capacity of a strategy as it was traded, its cap on orders known.

    Args:
        one: the strategy.
        capital: it was traded with; for orders of a fixed size, that size.
    """
    cap = one.strategy.size.adv_cap
    if cap is None:
        return capacity_of(one.trades, capital, one.adv)
    return capacity_below(one.trades, capital, one.adv, one.uncapped, cap)


def capacity_of(made: Trades, capital: float, adv: Floats) -> Capacity:
    """Return the capacity of trades that were sized for some capital, all scaled alike.

    Args:
        made: N trades.
        capital: that they were sized for.
        adv: (N,) money that usually trades in a day, NaN where it is not known.
    """
    money = np.abs(made.main.shares) * made.main.entry_price
    there = np.isfinite(adv) & (money > 0)
    share = float((money[there] / adv[there]).max(initial=0.0))
    known_to = capital * MEASURED / share if share > 0.0 else math.inf
    impact = float(made.impact.sum())
    edge = float(made.net.sum()) + impact
    if edge <= 0.0:
        return Capacity(math.nan, math.nan, known_to)
    if impact <= 0.0:
        return Capacity(math.inf, math.inf, known_to)
    gone = capital * (edge / impact) ** 2
    return Capacity(gone, MOST * gone, known_to)


def capacity_below(
    made: Trades, capital: float, adv: Floats, uncapped: Floats, cap: float
) -> Capacity:
    """Return the capacity of trades that never are more than a share of a day's trading.

    Args:
        made: N trades.
        capital: that they were sized for.
        adv: (N,) money that usually trades in a day, NaN where it is not known: there no cap is.
        uncapped: (N,) money each would have got without the cap.
        cap: the share.
    """
    money = np.abs(made.main.shares) * made.main.entry_price
    # Times the size: at the cap, and for each time the capital while below it.
    top = np.where(np.isfinite(adv), cap * adv, np.inf) / money
    each = uncapped / money
    reached = top / each
    finite = reached[np.isfinite(reached)]
    if not len(finite):
        return capacity_of(made, capital, adv)
    full = float(finite.max())
    known_to = math.inf
    if cap > MEASURED:
        known_to = capital * float((MEASURED * adv / uncapped)[np.isfinite(reached)].min())
    sizes = np.geomspace(1e-8 * full, full, _SIZES)
    earned = _earned(made, each, top, reached, sizes)
    best = int(earned.argmax())
    if earned[best] <= 0.0:
        return Capacity(math.nan, math.nan, known_to, capital * full, float(earned[-1]))
    below = np.flatnonzero(earned[best:] <= 0.0)
    gone = math.inf
    if len(below):
        at = best + int(below[0])
        # The line between two sizes that differ by half a per cent.
        part = earned[at - 1] / (earned[at - 1] - earned[at])
        gone = capital * float(sizes[at - 1] + part * (sizes[at] - sizes[at - 1]))
    return Capacity(gone, capital * float(sizes[best]), known_to, capital * full, float(earned[-1]))


def _earned(made: Trades, each: Floats, top: Floats, reached: Floats, sizes: Floats) -> Floats:
    """Return (F,) what all trades earn at each of F times the capital, `sizes` rising.

    Args:
        made: N trades.
        each: (N,) times its size that a trade is, for each time the capital, below its cap.
        top: (N,) times its size that it is at its cap.
        reached: (N,) times the capital at which that is.
        sizes: (F,) times the capital.
    """
    edge = made.net + made.impact
    order = np.argsort(reached)
    at_cap = np.where(np.isfinite(top), top, 0.0)
    capped = at_cap * edge - at_cap**1.5 * made.impact
    # How many are at their caps at each size; the others grow.
    count = np.searchsorted(reached[order], sizes, side="right")

    def up_to(values: Floats) -> Floats:
        return np.concatenate([[0.0], np.cumsum(values[order])])[count]

    line, curve = each * edge, each**1.5 * made.impact
    growing = sizes * (line.sum() - up_to(line)) - sizes**1.5 * (curve.sum() - up_to(curve))
    return np.asarray(up_to(capped) + growing)
