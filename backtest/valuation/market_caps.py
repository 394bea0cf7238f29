"""Dollars moved: market value before and after, at the close and at the peak (METHODS §8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MarketCaps:
    """Market value by day of the event window, all (n, L) in currency units, NaN where unknown."""

    cap_before: Floats
    cap: Floats
    change: Floats
    peak_change: Floats
    abnormal_change: Floats


def market_caps(
    shares: Floats, before: Floats, close: Floats, high: Floats, abnormal: Floats
) -> MarketCaps:
    """Value each session with the share count known by it.

    Args:
        shares: (n, L) shares outstanding known by the session, on the price's split basis.
        before: (n, L) close of the session before; split-adjusted, never dividend-adjusted.
        close: (n, L) close.
        high: (n, L) intraday high.
        abnormal: (n, L) abnormal returns, decimals.
    """
    cap_before = shares * before
    return MarketCaps(
        cap_before=cap_before,
        cap=shares * close,
        change=shares * (close - before),
        peak_change=shares * (high - before),
        abnormal_change=abnormal * cap_before,
    )
