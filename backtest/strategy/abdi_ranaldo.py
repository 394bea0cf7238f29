"""Half of the bid–ask spread from daily closes, highs and lows (Abdi & Ranaldo 2017).

The middle of a session's log range, η = (h + l)/2, stands for the efficient price, and a close c is
half a spread away from it. The squared spread is the covariance with the ranges of the same and of
the next session (their eq. 7):

    S² = 4 E[(c_t − η_t)(c_t − η_{t+1})].

`two_day` takes the root of every pair's 4 (c_t − η_t)(c_t − η_{t+1}), negative ones as zero, and
averages the roots, which the authors recommend; `monthly` takes the root of the average, zero where
that is negative. What happens overnight moves η_{t+1} and is uncorrelated with c_t − η_t, so that
nothing is adjusted for it. A session whose high is its low is left out with its pairs.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from backtest.engine.arrays import Floats
from backtest.strategy._past_mean import FEWEST, WINDOW, past_mean

Corrected = Literal["two_day", "monthly"]


def abdi_ranaldo(
    high: Floats,
    low: Floats,
    close: Floats,
    *,
    window: int = WINDOW,
    fewest: int = FEWEST,
    corrected: Corrected = "two_day",
) -> Floats:
    """Return half-spreads known before each session.

    Args:
        high, low, close: (P, S) on one split basis, NaN where there is none.
        window: sessions looked back over, the session itself not among them.
        fewest: pairs of sessions of these that must be there.
        corrected: where negative estimates become zero, in each pair or in the mean.

    Returns:
        (P, S) decimals of the price, not negative; NaN where too little was known.
    """
    squares = two_day_square(high, low, close)
    if corrected == "two_day":
        return past_mean(np.sqrt(np.maximum(squares, 0.0)), window, fewest) / 2.0
    return np.asarray(np.sqrt(np.maximum(past_mean(squares, window, fewest), 0.0)) / 2.0)


def two_day_square(high: Floats, low: Floats, close: Floats) -> Floats:
    """Return (P, S) squared whole spreads from the close before each session and both ranges."""
    out = np.full(close.shape, np.nan)
    moves = (high > low) & (low > 0.0) & (close > 0.0)
    top, bottom, last = (np.log(np.where(moves, one, np.nan)) for one in (high, low, close))
    middle = (top + bottom) / 2.0
    before = last[:, :-1]
    out[:, 1:] = 4.0 * (before - middle[:, :-1]) * (before - middle[:, 1:])
    return out
