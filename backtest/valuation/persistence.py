"""How much of an event's abnormal gain still stood later (METHODS §8), beside random dates.

What stands after h sessions is the cumulative abnormal return CAR(0, h), by the coefficients of the
estimation window; its share is CAR(0, h) ÷ AR(0). A share means little without knowing how far a
share price drifts on its own, so a band says between which shares chance alone would have left it:
AR(0) plus what the abnormal returns of h random sessions add up to.

Random dates are sessions of the estimation window, drawn with replacement: the sum of h of them is
what h ordinary days come to. (Runs of consecutive sessions would keep what little dependence there
is, but 250 sessions hold only four runs of 60, and a band from four covers too little.) A forecast
over h sessions has the variance σ²h(1 + h/T), for the fitted line is uncertain too, where the
residuals have σ²h: the sums are widened by the root of the ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints

DRAWS = 999
SEED = 20_251_006
LEVEL = 0.90
"""Share of random paths inside the band."""

CLEAR = 1.96
"""Standard errors that AR(0) must be from zero: else there is no gain or loss to keep."""

FEWEST = 50
"""Sessions of the estimation window without which there is no band."""


@dataclass(frozen=True, slots=True)
class Persistence:
    """What stood at H horizons of n observations; all (n, H), NaN where it cannot be said.

    Attributes:
        car: CAR(0, h), decimals.
        share: CAR(0, h) ÷ AR(0); NaN where AR(0) is within `CLEAR` standard errors of zero.
        low, high: CARs between which random dates would have left the gain.
        p: share of random paths whose CAR over as many sessions is at least as far from zero.
    """

    car: Floats
    share: Floats
    low: Floats
    high: Floats
    p: Floats

    def shares_of(self, gain: Floats) -> tuple[Floats, Floats]:
        """Return the band as shares (n, H) of the gains (n,), the smaller share first."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.stack([self.low, self.high]) / gain[:, None]
        blank = ~np.isfinite(self.share)
        return np.where(blank, np.nan, ends.min(axis=0)), np.where(blank, np.nan, ends.max(axis=0))


def persistence(
    abnormal: Floats,
    errors: Floats,
    horizons: Ints,
    residuals: Floats,
    *,
    lenient: bool = False,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Persistence:
    """Measure n observations at horizons of their own.

    Args:
        abnormal: (n, L) abnormal returns from τ = 0 on; NaN on a missing day.
        errors: (n,) standard errors of those of τ = 0.
        horizons: (n, H) sessions after τ = 0; negative where an observation has no more.
        residuals: (n, T) abnormal returns of the estimation window, in order; NaN where missing.
        lenient: whether a missing day counts as nothing happened, and does not end the path.
        draws: random paths of an observation.
        seed: of the draws.
    """
    car = _at(_cumulated(abnormal, lenient=lenient), horizons)
    gain = abnormal[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(np.abs(gain) >= CLEAR * errors, 1.0, np.nan)[:, None] * car / gain[:, None]
    after = placebo_sums(residuals, horizons, draws, seed)
    ends = np.quantile(after, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=1)
    low, high = gain[:, None] + ends
    known = np.isfinite(car)
    whole = placebo_sums(residuals, np.where(horizons < 0, -1, horizons + 1), draws, seed)
    beyond = (np.abs(whole) >= np.abs(car)[:, None, :]).sum(axis=1)
    p = np.where(np.isfinite(whole).all(axis=1) & known, (1 + beyond) / (1 + draws), np.nan)
    return Persistence(car, share, np.where(known, low, np.nan), np.where(known, high, np.nan), p)


def placebo_sums(residuals: Floats, horizons: Ints, draws: int, seed: int = SEED) -> Floats:
    """Return (n, draws, H): what so many random sessions of each window add up to, as a forecast.

    Args:
        residuals: (n, T); missing ones are not drawn.
        horizons: (n, H) how many sessions; NaN is returned for negative ones.
        draws: paths of each observation; the longer horizons go on from the shorter ones.
        seed: of the draws, which the observations share.
    """
    longest = max(0, int(horizons.max(initial=0)))
    places = np.random.default_rng(seed).random((draws, longest))
    out = np.full((len(residuals), draws, horizons.shape[1]), np.nan)
    for at, (window, wanted) in enumerate(zip(residuals, horizons, strict=True)):
        drawn = window[np.isfinite(window)]
        if len(drawn) < FEWEST:
            continue
        paths = np.zeros((draws, longest + 1))
        np.cumsum(drawn[(places * len(drawn)).astype(np.int64)], axis=1, out=paths[:, 1:])
        size = wanted.clip(0)
        widened = paths[:, size] * np.sqrt(1.0 + size / len(drawn))
        out[at] = np.where(wanted >= 0, widened, np.nan)
    return out


def _cumulated(abnormal: Floats, *, lenient: bool) -> Floats:
    """Return CAR(0, h) by h; a path without its first day is none."""
    there = np.isfinite(abnormal)
    path = np.cumsum(np.where(there, abnormal, 0.0), axis=1)
    last = there.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    whole: Bools = there[:, :1] & (np.arange(there.shape[1]) <= last[:, None])
    if not lenient:
        whole = np.logical_and.accumulate(there, axis=1)
    return np.where(whole, path, np.nan)


def _at(path: Floats, horizons: Ints) -> Floats:
    inside = (horizons >= 0) & (horizons < path.shape[1])
    found = np.take_along_axis(path, horizons.clip(0, path.shape[1] - 1), axis=1)
    out: Floats = np.where(inside, found, np.nan)
    return out
