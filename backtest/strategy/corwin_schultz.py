"""Half of the bid–ask spread from daily highs and lows (Corwin & Schultz 2012).

Highs are mostly bought, lows mostly sold: the range of a day holds the variance of a day and the
spread once, that of two days twice the variance and the spread once. With β the sum of two squared
log ranges and γ the squared log range of both days together (their eq. 14, 18)

    α = (√(2β) − √β) / (3 − 2√2) − √(γ / (3 − 2√2)),    S = 2 (e^α − 1) / (1 + e^α).

Overnight: where a session lies wholly above the close before it, its high and low are taken down by
the gap (low − close) before γ is formed, and taken up where it lies wholly below (their II.C).
Negative two-day estimates count as zero before they are averaged, as the authors recommend;
`negative="keep"` averages them as they are, and only a negative mean is zero. A session whose high
is its low has no range to learn from: its two pairs are left out.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from backtest.engine.arrays import Floats
from backtest.strategy._past_mean import FEWEST, WINDOW, past_mean

Negative = Literal["zero", "keep"]

_ROOT = 3.0 - 2.0 * np.sqrt(2.0)


def corwin_schultz(
    high: Floats,
    low: Floats,
    close: Floats,
    *,
    window: int = WINDOW,
    fewest: int = FEWEST,
    negative: Negative = "zero",
) -> Floats:
    """Return half-spreads known before each session.

    Args:
        high, low, close: (P, S) on one split basis, NaN where there is none.
        window: sessions looked back over, the session itself not among them.
        fewest: two-day estimates of these that must be there.
        negative: what becomes of a negative two-day estimate.

    Returns:
        (P, S) decimals of the price, not negative; NaN where too little was known.
    """
    spread = two_day_spread(high, low, close)
    if negative == "zero":
        spread = np.maximum(spread, 0.0)
    return np.asarray(np.maximum(past_mean(spread, window, fewest), 0.0) / 2.0)


def two_day_spread(high: Floats, low: Floats, close: Floats) -> Floats:
    """Return (P, S) whole spreads estimated from each session and the one before it."""
    out = np.full(close.shape, np.nan)
    moves = (high > low) & (low > 0.0)
    top, bottom = np.where(moves, high, np.nan), np.where(moves, low, np.nan)
    before = close[:, :-1]
    gap = np.maximum(bottom[:, 1:] - before, 0.0) + np.minimum(top[:, 1:] - before, 0.0)
    highest = np.maximum(top[:, :-1], top[:, 1:] - gap)
    lowest = np.minimum(bottom[:, :-1], bottom[:, 1:] - gap)
    squares = np.log(top / bottom) ** 2
    beta = squares[:, :-1] + squares[:, 1:]
    gamma = np.log(highest / lowest) ** 2
    alpha = (np.sqrt(2.0 * beta) - np.sqrt(beta)) / _ROOT - np.sqrt(gamma / _ROOT)
    # 2 (e^α − 1) / (1 + e^α), which loses no digits where α is near 0.
    out[:, 1:] = 2.0 * np.tanh(alpha / 2.0)
    return out
