"""The bootstrap t of buy-and-hold abnormal returns (METHODS §4, §5)."""

from __future__ import annotations

from backtest.engine.sample import Outcome, Sample
from backtest.inference.bootstrap import TEST as OF_CARS


class BharBootstrap:
    """`bootstrap` with BHARs in place of CARs; compounding makes them skewed to the right.

    n, mean and median of the row stay those of the CARs.
    """

    key = "bhar_bootstrap"
    title = "bootstrap t of BHARs"
    source = "Lyon, Barber & Tsai 1999"
    formula = "percentile-t of √N mean(BHAR)/sd(BHAR), events drawn with replacement"
    robust_to = frozenset({"event-induced variance", "non-normality"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return OF_CARS.run(sample.held())


TEST = BharBootstrap()
