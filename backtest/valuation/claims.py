"""Was the headline number true? Verdicts on claims from measured prices (METHODS §9)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backtest.engine.arrays import Floats

BASES = ("close", "intraday_high", "intraday_low", "open")
_WORDS = {
    "close": "at the close",
    "intraday_high": "at the intraday high",
    "intraday_low": "at the intraday low",
    "open": "at the open",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What prices say over a claim's window; NaN where there is none.

    Attributes:
        before: close of the session before the window.
        prices: price at each basis: last close, highest high, lowest low, first open.
        shares: count known by the window's last session.
    """

    before: float
    prices: dict[str, float]
    shares: float

    def quantity(self, quantity: str, basis: str) -> float:
        """Return the measured quantity on a basis, decimals or currency units."""
        price = self.prices[basis]
        if quantity == "return":
            return price / self.before - 1.0
        if quantity == "market_cap_change":
            return self.shares * (price - self.before)
        return self.shares * price


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one claim; `measured` is NaN when it is unverifiable."""

    verdict: str
    measured: float
    best_basis: str | None
    reason: str


def measure(
    before: Floats, close: Floats, high: Floats, low: Floats, opened: Floats, shares: Floats
) -> list[Measured]:
    """Reduce the prices of n claims over windows of equal length.

    Args:
        before: (n,) close of the session before the window.
        close, high, low, opened: (n, days); a missing day makes its basis NaN.
        shares: (n,) count known by the last session.
    """
    at = {
        "close": close[:, -1],
        "intraday_high": high.max(axis=1),
        "intraday_low": low.min(axis=1),
        "open": opened[:, 0],
    }
    return [
        Measured(
            before=float(before[i]),
            prices={basis: float(prices[i]) for basis, prices in at.items()},
            shares=float(shares[i]),
        )
        for i in range(len(before))
    ]


def judge(
    quantity: str,
    basis: str,
    claimed: float,
    tolerance: float,
    comparison: str,
    measured: Measured,
) -> Verdict:
    """Hold a claim against what was measured.

    `about` allows a relative deviation of `tolerance`; `at_least` and `at_most` are thresholds and
    allow none. A contradicted claim names the basis on which it would have been true, if any.
    """
    missing = _missing(quantity, basis, measured)
    if missing:
        return Verdict("unverifiable", math.nan, None, missing)
    value = measured.quantity(quantity, basis)
    said = f"{_show(quantity, value)} {_WORDS[basis]}, claimed {_show(quantity, claimed)}"
    if _true(value, claimed, tolerance, comparison):
        return Verdict("confirmed", value, basis, said)
    on_others = {other: measured.quantity(quantity, other) for other in BASES if other != basis}
    fitting = {
        other: at for other, at in on_others.items() if _true(at, claimed, tolerance, comparison)
    }
    if fitting:
        best = min(fitting, key=lambda other: abs(fitting[other] - claimed))
        fits = f"; it fits {_show(quantity, fitting[best])} {_WORDS[best]}"
        return Verdict("contradicted", value, best, said + fits)
    rival = "intraday_high" if basis == "close" else "close"
    shown = ""
    if math.isfinite(on_others[rival]):
        shown = f"; nor {_show(quantity, on_others[rival])} {_WORDS[rival]}"
    return Verdict("contradicted", value, None, said + shown)


def _true(value: float, claimed: float, tolerance: float, comparison: str) -> bool:
    if comparison == "at_least":
        return value >= claimed
    if comparison == "at_most":
        return value <= claimed
    return abs(value - claimed) <= tolerance * abs(claimed)


def _missing(quantity: str, basis: str, measured: Measured) -> str | None:
    """Say what a verdict would need, or None."""
    if quantity != "market_cap" and not math.isfinite(measured.before):
        return "no close on the session before the claim's window"
    if not math.isfinite(measured.prices[basis]):
        return f"no price {_WORDS[basis]} over the claim's window"
    if quantity != "return" and not math.isfinite(measured.shares):
        return "no share count was known by then"
    return None


def _show(quantity: str, value: float) -> str:
    """Return a figure as the reasons print it; money is in the listing's currency."""
    if quantity == "return":
        return f"{value:+.2%}".replace("-", "−")
    plus = "+" if quantity == "market_cap_change" else ""
    sign = plus if value >= 0 else "−"
    size = abs(value)
    return f"{sign}{size / 1e12:,.3f} tn" if size >= 1e12 else f"{sign}{size / 1e9:,.1f} bn"
