"""The headline test follows from what the sample looks like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backtest.audit.known import FEW_EVENTS
from backtest.engine.design import Design
from backtest.inference import tests
from backtest.inference._choice import ENOUGH_FOR_RANKS, headline_test
from backtest.spec import DEFAULT_TESTS

ALL = tuple(tests.get(key) for key in DEFAULT_TESTS)
PLAIN = tuple(tests.get(key) for key in ("cross_sectional", "patell", "bmp", "sign"))
APART = Design(40, 40, 40, 40, "2025-01-02", 1, 0, 0, 0.0, 0.2, 0.0, 0.0)
TOGETHER = replace(APART, n=4, shared=4, shared_date="2026-02-20", overlapping=4, r_bar=0.19)


def test_events_apart() -> None:
    key, why = headline_test(APART, ALL)
    assert key == "bmp_adjusted"
    assert why == "no two of 40 observations share a session; headline `bmp_adjusted`, t(39)"
    assert headline_test(APART, PLAIN)[0] == "bmp"


def test_events_that_share_a_date() -> None:
    """√((1 + 3·0.19)/(1 − 0.19)) = 1.39."""
    key, why = headline_test(replace(TOGETHER, r_bar_widest=0.19), ALL)
    assert key == "bmp_adjusted"
    assert why == (
        "all 4 observations share 2026-02-20, r̄ = 0.19; headline `bmp_adjusted`, t(3); "
        "`bmp` would overstate by up to 1.4×"
    )


def test_windows_that_overlap_without_sharing_the_day() -> None:
    design = replace(APART, overlapping=6, repeated=2, r_bar_widest=0.07)
    key, why = headline_test(design, ALL)
    assert key == "bmp_adjusted"
    assert "windows of 6 of 40 observations overlap, r̄ = 0.07 over the widest window" in why
    assert "2 securities occur more than once with overlapping windows" in why


@pytest.mark.parametrize(
    ("n", "expected"),
    [(19, "bmp_adjusted"), (20, "grank_t"), (99, "grank_t"), (400, "bmp_adjusted")],
)
def test_a_skewed_sample_of_some_dozens_wants_ranks(n: int, expected: str) -> None:
    key, why = headline_test(replace(APART, n=n, skewness=-2.4), ALL)
    assert key == expected
    assert "SCARs are skewed (γ̂ = −2.4)" in why
    assert ("too few for ranks" in why) == (n < 20)


def test_ranks_are_asked_from_as_many_events_on_as_the_proof_found_enough() -> None:
    few = FEW_EVENTS["grank_t"][0]
    assert few == ENOUGH_FOR_RANKS


def test_a_study_without_a_test_that_bears_it_is_told() -> None:
    key, why = headline_test(replace(TOGETHER, n=30, skewness=3.0), PLAIN)
    assert key == "sign"
    assert "not robust to clustering (no test of the study bears it all)" in why


def test_missing_days_are_said() -> None:
    assert "8% of the days have no return" in headline_test(replace(APART, missing=0.08), ALL)[1]


def test_single_observations_have_no_headline() -> None:
    key, why = headline_test(replace(APART, n=1, r_bar=np.nan, skewness=np.nan), ALL)
    assert key is None
    assert why.startswith("fewer than 2 observations")
    assert headline_test(APART, ())[0] is None
