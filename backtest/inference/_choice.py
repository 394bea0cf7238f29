"""The headline test of a sample, chosen by what the sample looks like, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from backtest.engine.design import Design
from backtest.engine.sample import SampleTest

PREFERENCE = ("bmp_adjusted", "bmp", "grank_t", "cross_sectional")
"""Of the tests that a sample can bear the first of these; others follow in the study's order."""

_STUDENT = ("bmp_adjusted", "bmp", "cross_sectional")
"""Tests with N − 1 degrees of freedom."""

SKEWED = 1.0
"""From this skewness of the SCARs on, a test that assumes nothing of their shape is wanted ..."""

FEW = 100
"""... unless there are so many observations that their mean is normal anyway ..."""

ENOUGH_FOR_RANKS = 20
"""... or fewer than this: of 5 events generalised ranks reject a true null of 5 % in 10 %, of 10 in
8 %, of 20 in 6 %, where `bmp_adjusted` keeps its size on real returns (docs/proof.md)."""

THIN = 0.02
"""From this share of missing days on it is said."""

TELLING = 1.05
"""From this factor on it is worth saying by how much the plain test would overstate."""


def headline_test(design: Design, tests: Sequence[SampleTest]) -> tuple[str | None, str]:
    """Return the key of the test to trust for a sample, and one sentence on why.

    Every test of abnormal returns has to bear the variance that events induce. A sample whose
    windows share sessions needs one that bears clustering, a skewed one of some dozens of events
    non-normality. Where the study has no test that bears all of it, the one that bears most is
    taken, and it is said.

    Args:
        design: what the sample looks like.
        tests: the study's tests.
    """
    if design.n < 2:
        return None, "fewer than 2 observations: only tests of single events are defined"
    if not tests:
        return None, "the study has no sample test"
    needs = _needs(design)
    ranked = sorted(tests, key=lambda test: (-len(needs & test.robust_to), _rank(test, tests)))
    chosen = ranked[0]
    freedom = f", t({design.n - 1})" if chosen.key in _STUDENT else ""
    parts = [*_findings(design), f"headline `{chosen.key}`{freedom}"]
    lacking = sorted(needs - chosen.robust_to)
    if lacking:
        parts.append(f"not robust to {' and '.join(lacking)} (no test of the study bears it all)")
    if "clustering" in chosen.robust_to and _overstatement(design) >= TELLING:
        parts.append(f"`bmp` would overstate by up to {_overstatement(design):.1f}×")
    return chosen.key, "; ".join(parts)


def _needs(design: Design) -> frozenset[str]:
    needs = {"event-induced variance"}
    if design.overlapping:
        needs.add("clustering")
    if abs(design.skewness) > SKEWED and ENOUGH_FOR_RANKS <= design.n < FEW:
        needs.add("non-normality")
    return frozenset(needs)


def _rank(test: SampleTest, tests: Sequence[SampleTest]) -> int:
    if test.key in PREFERENCE:
        return PREFERENCE.index(test.key)
    return len(PREFERENCE) + list(tests).index(test)


def _findings(design: Design) -> Iterator[str]:
    if design.shared > 1:
        whole = design.shared == design.n
        who = f"all {design.n}" if whole else f"{design.shared} of {design.n}"
        widest = f", {design.r_bar_widest:.2f} over the widest window"
        more = widest if design.shared < design.n else ""
        yield f"{who} observations share {design.shared_date}, r̄ = {design.r_bar:.2f}{more}"
    elif design.overlapping:
        yield (
            f"windows of {design.overlapping} of {design.n} observations overlap, "
            f"r̄ = {design.r_bar_widest:.2f} over the widest window"
        )
    else:
        yield f"no two of {design.n} observations share a session"
    if design.repeated:
        many = "securities occur" if design.repeated > 1 else "security occurs"
        yield f"{design.repeated} {many} more than once with overlapping windows"
    if abs(design.skewness) > SKEWED:
        too_few = f", {design.n} are too few for ranks" if design.n < ENOUGH_FOR_RANKS else ""
        yield f"SCARs are skewed (γ̂ = {design.skewness:.1f}){too_few}".replace("-", "−")
    if design.missing > THIN:
        yield f"{design.missing:.0%} of the days have no return"


def _overstatement(design: Design) -> float:
    """Return bmp ÷ bmp_adjusted of the main column, or of the widest window where it is more."""
    r = np.array([design.r_bar, design.r_bar_widest])
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.sqrt((1.0 + (design.n - 1) * r) / (1.0 - r))
    return float(np.nanmax(factor, initial=1.0))
