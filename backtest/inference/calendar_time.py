"""The calendar-time portfolio test (Jaffe 1974; Mandelker 1974; METHODS §5, §10)."""

from __future__ import annotations

from backtest.engine.sample import Outcome, Sample
from backtest.inference._calendar_portfolio import equal_weighted
from backtest.inference._standardised_dates import standardised_dates


class CalendarTime:
    """Σ_d A_d/S_d / √D over the D calendar dates of the window, t(M − K); equal weights.

    A_d is the mean abnormal return of the events in their window on date d, S_d its forecast error
    from the residuals of the same events on the same dates. Events that share a date make one
    portfolio, so however many there are they count once.
    """

    key = "calendar_time"
    title = "calendar-time portfolio"
    source = "Jaffe 1974; Mandelker 1974"
    formula = "Σ_d A_d/S_d / √D,  A_d = mean AR of the events in their window on date d"
    robust_to = frozenset({"clustering"})
    prepare = staticmethod(equal_weighted)

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        return standardised_dates(sample, equal_weighted(sample))


TEST = CalendarTime()
