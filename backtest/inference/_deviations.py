"""Mean rank deviations by day, as Corrado's and the generalised rank tests use them."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.ranks import Ranks


def mean_deviations(ranks: Ranks) -> tuple[Ints, Floats]:
    """Return N_t and √(N_t/N) (mean_i K_it − ½) of each day t, with K = rank/(1 + n_i).

    Args:
        ranks: (N, T) twice the mid-ranks, 0 where missing.
    """
    present = ranks > 0
    days = present.sum(axis=1)
    weight = 0.5 / (1.0 + days)
    n = present.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (weight @ ranks.astype(np.float64)) / n
        deviation = np.sqrt(n / len(ranks)) * (mean - 0.5)
    return n, np.where(n > 0, deviation, 0.0)
