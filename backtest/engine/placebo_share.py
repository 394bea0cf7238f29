"""The place of statistics among the same ones on placebo dates (METHODS §5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats, Ints

MIN_DRAWS = 99
"""Below it the smallest p there is exceeds 1 %."""

_TIE = 1e-12
"""Relative; the same value summed in another order must count as equal."""


@dataclass(frozen=True, slots=True)
class PlaceboShare:
    """The test of C statistics, of each of N samples or of one: every array is (N, C) or (C,).

    Attributes:
        n: different draws that gave a statistic.
        p: two-sided, NaN without a statistic or with fewer than `MIN_DRAWS` draws.
    """

    n: Ints
    p: Floats


def placebo_share(own: Floats, placebo: Floats) -> PlaceboShare:
    """Return p = (1 + #{|s*| ≥ |s|})/(n + 1), exact where s and its n draws are exchangeable.

    Equal draws are the same dates drawn again and count once: 999 draws of 30 dates are 30 draws,
    and p cannot fall below 1/31.

    Args:
        own: (N, C) or (C,) the statistics s, NaN where there is none.
        placebo: (N, B, C) or (B, C) the same on B placebo dates, NaN where a draw has none.
    """
    # Missing ones come last.
    ordered = np.sort(placebo, axis=-2)
    fresh = np.isfinite(ordered)
    with np.errstate(invalid="ignore"):
        apart = np.diff(ordered, axis=-2) > _TIE * np.abs(ordered[..., 1:, :])
        extreme = np.abs(ordered) >= np.abs(own)[..., None, :] * (1.0 - _TIE)
    fresh[..., 1:, :] &= apart
    n = fresh.sum(axis=-2)
    tested = np.isfinite(own) & (n >= MIN_DRAWS)
    beyond = (extreme & fresh).sum(axis=-2)
    return PlaceboShare(n, np.where(tested, (1.0 + beyond) / (1.0 + n), np.nan))
