"""Is the best of many strategies better than the best of as many on random dates?

Each draw moves the events to other dates, the same for all strategies, so that what is correlated
stays correlated. With T_k the net return of strategy k and T_kb that of draw b, both are measured
in units of the draws: z = (T − mean_b T_kb) / sd_b T_kb. Against the largest z of every draw

    p_best(k) = (1 + #{b: max_j z_jb ≥ z_k}) / (1 + B)

controls the chance of a single false find among all (White 2000, whose bootstrap draws are placebo
dates here; studentised as in Hansen 2005; single-step max T of Westfall & Young 1993).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats


@dataclass(frozen=True, slots=True)
class Reality:
    """Strategies against their draws, each (C,); NaN for one without draws that vary.

    Attributes:
        mean: of the draws: what random dates would have earned.
        z: the observed one in units of the draws.
        p: one-sided, of the strategy alone.
        p_best: one-sided, against the best of all.
        best: (B,) the largest z of every draw.
    """

    mean: Floats
    z: Floats
    p: Floats
    p_best: Floats
    best: Floats


def reality_check(observed: Floats, draws: Floats) -> Reality:
    """Compare C strategies with B draws of all of them.

    Args:
        observed: (C,) what each earned; NaN for one that did not trade.
        draws: (B, C) what each earned on random dates.
    """
    count, cells = draws.shape
    nothing = np.full(cells, np.nan)
    if not count:
        return Reality(nothing, nothing, nothing, nothing, np.empty(0))
    mean, spread = draws.mean(axis=0), draws.std(axis=0)
    fits = np.isfinite(observed) & (spread > 1e-12 * np.maximum(1.0, np.abs(mean)))
    scale = np.where(fits, spread, 1.0)
    z = np.where(fits, (observed - mean) / scale, np.nan)
    every = (draws - mean) / scale
    p = np.where(fits, _share(every >= z - _SLACK), np.nan)
    best = every[:, fits].max(axis=1) if fits.any() else np.empty(0)
    p_best = np.where(fits, _share(best[:, None] >= z - _SLACK), np.nan) if len(best) else nothing
    return Reality(np.where(fits, mean, np.nan), z, p, p_best, best)


_SLACK = 1e-9
"""Of z: the same trades on the same dates may differ in the last bits of a sum."""


def _share(reached: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    return np.asarray((1.0 + reached.sum(axis=0)) / (1.0 + len(reached)))
