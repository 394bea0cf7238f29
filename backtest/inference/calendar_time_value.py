"""The calendar-time portfolio test, weighted by market value (METHODS §5)."""

from __future__ import annotations

import numpy as np

from backtest.engine.sample import Outcome, Sample
from backtest.inference._calendar_portfolio import portfolios
from backtest.inference._standardised_dates import standardised_dates

NO_VALUE = "fewer than 2 observations with a known market value"


class CalendarTimeValue:
    """As `calendar_time`, members weighted by their market value before the event.

    Observations whose market value is not known are left out; n still counts all.
    """

    key = "calendar_time_value"
    title = "calendar-time portfolio, value-weighted"
    source = "Jaffe 1974; Mandelker 1974; Fama 1998"
    formula = "Σ_d A_d/S_d / √D,  A_d = value-weighted AR of the events in their window on date d"
    robust_to = frozenset({"clustering"})

    def run(self, sample: Sample) -> Outcome:
        """Test every column."""
        known = np.isfinite(sample.before.value) & (sample.before.value > 0)
        part = sample.take(known)
        answer = standardised_dates(part, portfolios(part, part.before.value))
        return answer.because(NO_VALUE, (part.n < 2) & (sample.n > 1))


TEST = CalendarTimeValue()
