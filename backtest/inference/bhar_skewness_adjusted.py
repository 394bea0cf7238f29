"""The skewness-adjusted t of buy-and-hold abnormal returns (METHODS §4, §5)."""

from __future__ import annotations

from backtest.engine.sample import Outcome, Sample
from backtest.inference.skewness_adjusted import TEST as OF_CARS


class BharSkewnessAdjusted:
    """`skewness_adjusted` with BHARs in place of CARs; compounding makes them skewed to the right.

    n, mean and median of the row stay those of the CARs.
    """

    key = "bhar_skewness_adjusted"
    title = "skewness-adjusted t of BHARs"
    source = "Lyon, Barber & Tsai 1999; Hall 1992"
    formula = "√N (S + γ̂S²/3 + γ̂²S³/27 + γ̂/(6N)) on BHARs"
    robust_to = frozenset({"event-induced variance"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return OF_CARS.run(sample.held())


TEST = BharSkewnessAdjusted()
