"""The standardised residual test (Patell 1976; METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.sample import ALONE, Outcome, Sample
from backtest.inference._columns import p_normal

FEW_DEGREES = "an observation has 2 or fewer degrees of freedom"


class Patell:
    """Σ SAR / √(Σ L_i d_i/(d_i − 2)), N(0,1); a window keeps Patell's published form."""

    key = "patell"
    title = "Patell z"
    source = "Patell 1976"
    formula = "Σ_i Σ_τ SAR_iτ / √(Σ_i L_i d_i/(d_i − 2)),  d_i = M_i − K"
    robust_to: frozenset[str] = frozenset()

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        present = sample.present
        dof = sample.dof.astype(np.float64)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(dof > 2, dof / (dof - 2), np.nan)
            total = np.where(present, sample.sar_sum, 0.0).sum(axis=0)
            spread = np.where(present, sample.n_days * each, 0.0).sum(axis=0)
            statistic = total / np.sqrt(spread)
        undefined = {ALONE: sample.n < 2, FEW_DEGREES: np.isnan(spread)}
        return Outcome.of(statistic, None, p_normal(statistic), undefined)


TEST = Patell()
