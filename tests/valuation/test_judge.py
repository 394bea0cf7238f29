"""Verdicts on headline numbers, one by one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from backtest.valuation.claims import BASES, Asked, Measured, judge, measure

NAN = float("nan")


class Verdict(NamedTuple):
    """The answer to one claim."""

    verdict: str
    measured: float
    best_basis: str | None
    reason: str


def _prices(before: float, prices: dict[str, float], shares: float) -> Measured:
    column = [[prices[basis]] for basis in BASES]
    return Measured(np.array([before]), np.array(column), np.array([shares]))


# A share at 100 opens at 104, rises to 130, falls to 95, closes at 120; a billion of them.
DAY = _prices(
    100.0, {"close": 120.0, "intraday_high": 130.0, "intraday_low": 95.0, "open": 104.0}, 1e9
)


def _judge(
    claimed: float,
    *,
    quantity: str = "return",
    basis: str = "close",
    tolerance: float = 0.05,
    comparison: str = "about",
    measured: Measured = DAY,
) -> Verdict:
    figures = (np.array([claimed]), np.array([tolerance]))
    answer = judge(Asked([quantity], [basis], [comparison], *figures), measured)
    return Verdict(
        answer.verdict[0], float(answer.measured[0]), answer.best_basis[0], answer.reason[0]
    )


@pytest.mark.parametrize(
    ("quantity", "basis", "expected"),
    [
        ("return", "close", 0.20),
        ("return", "intraday_high", 0.30),
        ("return", "intraday_low", -0.05),
        ("return", "open", 0.04),
        ("market_cap_change", "close", 20e9),
        ("market_cap_change", "intraday_high", 30e9),
        ("market_cap_change", "intraday_low", -5e9),
        ("market_cap_change", "open", 4e9),
        ("market_cap", "close", 120e9),
        ("market_cap", "intraday_high", 130e9),
        ("market_cap", "intraday_low", 95e9),
        ("market_cap", "open", 104e9),
    ],
)
def test_every_quantity_on_every_basis(quantity: str, basis: str, expected: float) -> None:
    verdict = _judge(expected, quantity=quantity, basis=basis, tolerance=0.001)
    assert (verdict.verdict, verdict.best_basis) == ("confirmed", basis)
    assert verdict.measured == pytest.approx(expected)
    assert _judge(expected * 1.5, quantity=quantity, basis=basis).verdict == "contradicted"


@pytest.mark.parametrize(
    ("claimed", "comparison", "verdict"),
    [
        (0.200, "about", "confirmed"),
        (0.210, "about", "confirmed"),  # 0.01 off, 0.0105 allowed
        (0.211, "about", "contradicted"),  # 0.011 off, 0.01055 allowed
        (0.191, "about", "confirmed"),  # 0.009 off, 0.00955 allowed
        (0.190, "about", "contradicted"),  # 0.010 off, 0.0095 allowed
        (0.199, "at_least", "confirmed"),
        (0.201, "at_least", "contradicted"),
        (-0.5, "at_least", "confirmed"),
        (0.201, "at_most", "confirmed"),
        (0.199, "at_most", "contradicted"),
        (-0.1, "at_most", "contradicted"),
        (0.0, "at_least", "confirmed"),
        (0.0, "at_most", "contradicted"),
        (0.0, "about", "contradicted"),
        (-0.2, "about", "contradicted"),
    ],
)
def test_comparisons(claimed: float, comparison: str, verdict: str) -> None:
    assert _judge(claimed, comparison=comparison).verdict == verdict


FALL = _prices(
    100.0, {"close": 90.0, "intraday_high": 101.0, "intraday_low": 80.0, "open": 99.0}, 1e9
)


@pytest.mark.parametrize(
    ("claimed", "comparison", "verdict"),
    [
        (-0.10, "about", "confirmed"),
        (-0.104, "about", "confirmed"),
        (-0.12, "about", "contradicted"),
        (-0.05, "at_most", "confirmed"),  # "fell at least 5 %" is a return of at most −5 %
        (-0.15, "at_most", "contradicted"),
        (-0.15, "at_least", "confirmed"),
        (0.0, "about", "contradicted"),
    ],
)
def test_falls(claimed: float, comparison: str, verdict: str) -> None:
    assert _judge(claimed, comparison=comparison, measured=FALL).verdict == verdict


def test_nothing_moved_is_a_claim_too() -> None:
    still = _prices(100.0, dict.fromkeys(BASES, 100.0), 1e9)
    assert _judge(0.0, measured=still).verdict == "confirmed"


def test_a_contradicted_claim_names_the_basis_that_fits() -> None:
    verdict = _judge(0.30)
    assert verdict == Verdict(
        "contradicted",
        pytest.approx(0.20),
        "intraday_high",
        "+20.00% at the close, claimed +30.00%; it fits +30.00% at the intraday high",
    )


def test_of_several_fitting_bases_the_nearest_is_named() -> None:
    prices = {"close": 150.0, "intraday_high": 121.0, "intraday_low": 119.0, "open": 120.5}
    assert _judge(0.20, tolerance=0.06, measured=_prices(100.0, prices, 1e9)).best_basis == "open"


@pytest.mark.parametrize(
    ("basis", "other"),
    [("close", "+30.00% at the intraday high"), ("open", "+20.00% at the close")],
)
def test_a_claim_that_fits_nothing_is_told_the_rival(basis: str, other: str) -> None:
    verdict = _judge(0.50, basis=basis)
    assert verdict.best_basis is None
    assert verdict.reason.endswith(f"; nor {other}")


def test_a_rival_that_is_not_known_is_not_told() -> None:
    prices = {"close": 120.0, "intraday_high": NAN, "intraday_low": NAN, "open": NAN}
    verdict = _judge(0.50, measured=_prices(100.0, prices, 1e9))
    assert verdict.reason == "+20.00% at the close, claimed +50.00%"


KNOWN = {"close": 120.0, "intraday_high": 130.0, "intraday_low": 95.0, "open": 104.0}


def _without(
    before: float = 100.0, shares: float = 1e9, prices: dict[str, float] = KNOWN
) -> Measured:
    return _prices(before, prices, shares)


NO_CLOSE = _without(prices={**KNOWN, "close": NAN})


@pytest.mark.parametrize(
    ("quantity", "measured", "reason"),
    [
        ("return", _without(before=NAN), "no close on the session before the claim's window"),
        ("return", NO_CLOSE, "no price at the close over the claim's window"),
        ("market_cap_change", _without(before=NAN), "no close on the session before"),
        ("market_cap_change", _without(shares=NAN), "no share count was known by then"),
        ("market_cap", _without(shares=NAN), "no share count was known by then"),
        ("market_cap", NO_CLOSE, "no price at the close"),
    ],
)
def test_what_is_missing_is_said(quantity: str, measured: Measured, reason: str) -> None:
    verdict = _judge(1.0, quantity=quantity, measured=measured)
    assert verdict.verdict == "unverifiable"
    assert np.isnan(verdict.measured)
    assert verdict.best_basis is None
    assert verdict.reason.startswith(reason)


@pytest.mark.parametrize(
    ("quantity", "measured"),
    [("return", _without(shares=NAN)), ("market_cap", _without(before=NAN))],
)
def test_what_is_not_needed_may_be_missing(quantity: str, measured: Measured) -> None:
    claimed = 0.20 if quantity == "return" else 120e9
    assert _judge(claimed, quantity=quantity, measured=measured).verdict == "confirmed"


@pytest.mark.parametrize(
    ("quantity", "claimed", "shown"),
    [
        ("return", -0.0312, "claimed −3.12%"),
        ("market_cap_change", 70e9, "claimed +70.0bn"),
        ("market_cap_change", -70e9, "claimed −70.0bn"),
        ("market_cap", 1e12, "claimed 1.000tn"),
        ("market_cap_change", 1.4e12, "claimed +1.400tn"),
        ("market_cap", 1e300, "claimed 1e+300"),
        ("return", 1e300, "claimed +1e+300"),
    ],
)
def test_how_figures_are_written(quantity: str, claimed: float, shown: str) -> None:
    assert shown in _judge(claimed, quantity=quantity).reason


def test_reducing_windows_of_days() -> None:
    other = np.array([50.0, 60.0])
    measured = measure(
        np.array([100.0, 40.0]),
        close=np.array([[101.0, 120.0], other]),
        high=np.array([[130.0, 125.0], other + 5]),
        low=np.array([[95.0, 99.0], other - 5]),
        opened=np.array([[104.0, 110.0], other]),
        shares=np.array([1e9, 7.0]),
    )
    assert measured.before.tolist() == [100.0, 40.0]
    assert measured.shares.tolist() == [1e9, 7.0]
    assert dict(zip(BASES, measured.prices[:, 0], strict=True)) == KNOWN
    assert dict(zip(BASES, measured.prices[:, 1], strict=True)) == {
        "close": 60.0,
        "intraday_high": 65.0,
        "intraday_low": 45.0,
        "open": 50.0,
    }


def test_a_day_missing_within_makes_highs_and_lows_unknown_but_not_the_last_close() -> None:
    gap = np.array([[101.0, NAN, 120.0]])
    one = measure(np.array([100.0]), gap, gap, gap, gap, np.array([1e9]))
    close, high, low, opened = one.prices[:, 0]
    assert (close, opened) == (120.0, 101.0)
    assert np.isnan([high, low]).all()


def test_claims_judged_together_are_each_held_against_their_own() -> None:
    both = Measured(
        np.array([100.0, 100.0]), np.array([[120.0, 90.0]] * 4), np.array([1e9, np.nan])
    )
    asked = Asked(
        ["return", "market_cap"],
        ["close", "close"],
        ["about", "about"],
        np.array([0.2, 1.0]),
        np.array([0.05, 0.05]),
    )
    answer = judge(asked, both)
    assert answer.verdict == ["confirmed", "unverifiable"]
    assert answer.best_basis == ["close", None]
