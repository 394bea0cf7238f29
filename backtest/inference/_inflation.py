"""By how much cross-correlation inflates the variance of a mean (Kolari & Pynnönen 2010)."""

from __future__ import annotations

from backtest.engine.arrays import Floats
from backtest.engine.sample import Sample

NEGATIVE = "the observations are so negatively correlated that the variance of their mean vanishes"


def inflation(sample: Sample) -> Floats:
    """Return 1 + (N−1) r̄ of each column, NaN where N < 2."""
    return 1.0 + (sample.n - 1) * sample.cross_correlation
