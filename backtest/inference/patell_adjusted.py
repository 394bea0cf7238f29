"""Patell's test adjusted for cross-correlation (Kolari & Pynnönen 2010; METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.sample import Outcome, Sample
from backtest.inference._columns import p_normal
from backtest.inference._inflation import NEGATIVE, inflation
from backtest.inference.patell import TEST as PATELL


class PatellAdjusted:
    """patell / √(1 + (N−1) r̄), N(0,1)."""

    key = "patell_adjusted"
    title = "Patell z, adjusted for cross-correlation"
    source = "Kolari & Pynnönen 2010"
    formula = "patell / √(1 + (N−1) r̄)"
    robust_to = frozenset({"clustering"})
    prepare = staticmethod(inflation)

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        plain = PATELL.run(sample)
        factor = inflation(sample)
        with np.errstate(invalid="ignore"):
            statistic = plain.statistic / np.sqrt(factor)
        return plain.adjusted(statistic, p_normal(statistic), {NEGATIVE: factor <= 0})


TEST = PatellAdjusted()
