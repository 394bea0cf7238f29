"""Which tests are known to fail where, so that an audit's table can say so beside the rates."""

from __future__ import annotations

from backtest.audit.draw import Design
from backtest.engine.sample import SampleTest

CLUSTERING = "clustering"
VARIANCE = "event-induced variance"
SHAPE = "non-normality"

CAUTIOUS = "t is cautious with few events of unlike variance"

FEW_EVENTS = {
    "sign": (6, "of fewer than 6 signs none is as rare as 5 %"),
    "wilcoxon": (6, "of fewer than 6 signs none is as rare as 5 %"),
    "cross_sectional": (20, CAUTIOUS),
    "bootstrap_wild": (20, CAUTIOUS),
    "bootstrap": (50, CAUTIOUS),
    "bhar_bootstrap": (50, CAUTIOUS),
    "grank_t": (20, "re-standardised by the spread of few events"),
    "grank_z": (20, "re-standardised by the spread of few events"),
}
"""By test: from how many events on it keeps its size, and why not before (docs/proof.md)."""

BOOTSTRAP = dict.fromkeys(
    ("skewness_adjusted", "bhar_skewness_adjusted"),
    "needs bootstrapped critical values (Lyon, Barber & Tsai 1999)",
)


def known_failure(test: SampleTest, design: Design, n: int) -> str | None:
    """Return why a test is known to miss its size in a design, or None.

    What a test is not robust to comes first. Events of one date move together. And the variance of
    a day is not that of the estimation window: a test that takes it for known misses its size,
    unless it looks at ranks or signs only.
    """
    if design == "same_date" and n > 1 and CLUSTERING not in test.robust_to:
        return f"not robust to {CLUSTERING}"
    if not {VARIANCE, SHAPE} & test.robust_to:
        return f"not robust to {VARIANCE}"
    if test.key in BOOTSTRAP:
        return BOOTSTRAP[test.key]
    enough, reason = FEW_EVENTS.get(test.key, (0, None))
    return reason if n < enough else None
