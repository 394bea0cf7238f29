"""The standardised cross-sectional test adjusted for cross-correlation (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.sample import Outcome, Sample
from backtest.inference._columns import p_student
from backtest.inference._inflation import NEGATIVE, inflation
from backtest.inference.bmp import TEST as BMP


class BmpAdjusted:
    """bmp · √((1 − r̄)/(1 + (N−1) r̄)), t(N − 1)."""

    key = "bmp_adjusted"
    title = "BMP, adjusted for cross-correlation"
    source = "Kolari & Pynnönen 2010"
    formula = "bmp · √((1 − r̄) / (1 + (N−1) r̄))"
    robust_to = frozenset({"event-induced variance", "clustering"})
    prepare = staticmethod(inflation)

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        plain = BMP.run(sample)
        factor = inflation(sample)
        with np.errstate(invalid="ignore", divide="ignore"):
            statistic = plain.statistic * np.sqrt((1.0 - sample.cross_correlation) / factor)
        p = p_student(statistic, plain.dof)
        return plain.adjusted(statistic, p, {NEGATIVE: factor <= 0})


TEST = BmpAdjusted()
