"""The cross-sectional t test (Brown & Warner 1980; METHODS §5)."""

from __future__ import annotations

from backtest.engine.sample import Outcome, Sample
from backtest.inference._t_of_mean import t_of_mean


class CrossSectional:
    """√N · CAAR / sd(CAR), t(N − 1): robust to event-induced variance, not to clustering."""

    key = "cross_sectional"
    title = "cross-sectional t"
    source = "Brown & Warner 1980"
    formula = "√N · CAAR / sd(CAR)"
    robust_to = frozenset({"event-induced variance"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return t_of_mean(sample.car)


TEST = CrossSectional()
