"""The market model with the aggregated β of infrequent trading (Dimson 1979).

The security's return is regressed on the market's of the session before, of the same and of the
next one; β is the sum of the three slopes. As in event studies that use it (Brown & Warner 1985)
the abnormal return is R − α − β R_m: the sum takes the place of the simple β, and the market's
other sessions enter the estimate but not the forecast. L = 1 lead and lag, K = 2L + 2 coefficients.
"""

from __future__ import annotations

import numpy as np

from backtest.engine.block import Block, Fit
from backtest.engine.line import valid_days
from backtest.models._lead_lag import SERIES, fit_summed


class Dimson:
    """β = β₋₁ + β₀ + β₊₁, K = 4."""

    key = "dimson"
    title = "market model, Dimson β"
    source = "Dimson 1979"
    formula = "E[R] = α + β R_m, β = β₋₁ + β₀ + β₊₁"
    robust_to = frozenset({"thin trading"})
    regressors = SERIES

    def fit(self, block: Block) -> Fit:
        """Regress on lag, same day and lead on the valid days of each estimation window."""
        return fit_summed(block, valid_days(block, SERIES), np.ones(len(block.group)))


MODEL = Dimson()
