"""The standardised cross-sectional test (Boehmer, Musumeci & Poulsen 1991; METHODS §5)."""

from __future__ import annotations

from backtest.engine.sample import Outcome, Sample
from backtest.inference._columns import scar_moments
from backtest.inference._t_of_mean import t_of_moments


class BoehmerMusumeciPoulsen:
    """√N · mean(SCAR) / sd(SCAR), t(N − 1).

    SCAR is standardised by the full prediction error, whose terms share the estimated
    coefficients; dividing by s·√L instead overstates it.
    """

    key = "bmp"
    title = "BMP (standardised cross-sectional)"
    source = "Boehmer, Musumeci & Poulsen 1991"
    formula = "√N · mean(SCAR) / sd(SCAR)"
    robust_to = frozenset({"event-induced variance"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return t_of_moments(*scar_moments(sample))


TEST = BoehmerMusumeciPoulsen()
