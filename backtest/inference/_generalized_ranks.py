"""The generalised rank of a cumulative abnormal return (Kolari & Pynnönen 2011; METHODS §5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats
from backtest.engine.sample import Sample
from backtest.inference._columns import mean_and_sd


@dataclass(frozen=True, slots=True)
class GeneralizedRanks:
    """Demeaned standardised ranks U averaged over observations; C columns.

    Attributes:
        event: (C,) Ū₀, of the re-standardised SCAR among the estimation SARs.
        spread: (C,) S_Ū over the estimation days and the event.
        days: T, the estimation days that have observations, and one for the event.
        variance: (C,) of Ū₀ were observations independent: Σ M_i/(12 (M_i + 2)) / N².
        equal: (C,) whether all SCAR are equal, so that they cannot be re-standardised.
    """

    event: Floats
    spread: Floats
    days: int
    variance: Floats
    equal: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def generalized_ranks(sample: Sample) -> GeneralizedRanks:
    """Rank each SCAR* = SCAR/sd(SCAR) as one more day among its security's estimation SARs.

    Args:
        sample: observations that are present in all columns.
    """
    history = sample.before
    ranks = history.own_ranks.astype(np.float64) / 2.0
    present = ranks > 0
    own_days = present.sum(axis=1)
    scale = 1.0 / (own_days + 2.0)
    n = present.sum(axis=0)
    base = scale @ ranks
    standard = history.residuals / history.sigma[:, None]
    _, _, sd = mean_and_sd(sample.scar)
    event, spread = np.empty(len(sample.columns)), np.empty(len(sample.columns))
    for column in range(len(sample.columns)):
        with np.errstate(divide="ignore", invalid="ignore"):
            value = (sample.scar[:, column] / sd[column])[:, None]
            # A value moves up by one where the event stands below it, by a half where it is equal.
            above = (standard > value) + 0.5 * (standard == value)
        below = own_days - above.sum(axis=1)
        event[column] = ((below + 1.0) * scale - 0.5).mean()
        daily = np.divide(base + scale @ above, n, out=np.full(len(n), np.nan), where=n > 0) - 0.5
        squares = np.nansum(n / len(ranks) * daily**2) + event[column] ** 2
        spread[column] = np.sqrt(squares / ((n > 0).sum() + 1))
    variance = np.full(len(event), (own_days * scale).sum() / 12.0 / len(ranks) ** 2)
    return GeneralizedRanks(event, spread, int((n > 0).sum()) + 1, variance, sd == 0)
