"""Was the headline number true? Verdicts on claims from measured prices (METHODS §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.valuation.claim_words import WORDS, reasons

BASES = ("close", "intraday_high", "intraday_low", "open")
_BEFORE_WINDOW = "no close on the session before the claim's window"
_NO_SHARES = "no share count was known by then"


@dataclass(frozen=True, slots=True)
class Measured:
    """What prices say over the windows of n claims; NaN where there is none.

    Attributes:
        before: (n,) close of the session before the window.
        prices: (4, n) price at each of `BASES`: last close, highest high, lowest low, first open.
        shares: (n,) count known by the window's last session.
    """

    before: Floats
    prices: Floats
    shares: Floats


@dataclass(frozen=True, slots=True)
class Asked:
    """What n claims say.

    Attributes:
        quantity, basis, comparison: (n,) words of the schema.
        claimed: (n,) decimals or money.
        tolerance: (n,) relative deviation that `about` allows.
    """

    quantity: Sequence[str]
    basis: Sequence[str]
    comparison: Sequence[str]
    claimed: Floats
    tolerance: Floats


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The answers to n claims; `measured` is NaN where one is unverifiable."""

    verdict: list[str]
    measured: Floats
    best_basis: list[str | None]
    reason: list[str]


def measure(
    before: Floats, close: Floats, high: Floats, low: Floats, opened: Floats, shares: Floats
) -> Measured:
    """Reduce the prices of n claims over windows of equal length.

    Args:
        before: (n,) close of the session before the window.
        close, high, low, opened: (n, days); a missing day makes its basis NaN.
        shares: (n,) count known by the last session.
    """
    prices = np.stack([close[:, -1], high.max(axis=1), low.min(axis=1), opened[:, 0]])
    return Measured(before, prices, shares)


def judge(asked: Asked, measured: Measured) -> Verdicts:
    """Hold claims against what was measured.

    `about` allows a relative deviation of `tolerance`; `at_least` and `at_most` are thresholds and
    allow none. A contradicted claim names the basis on which it would have been true, if any.
    """
    values = _quantities(asked.quantity, measured)
    own = np.array([BASES.index(basis) for basis in asked.basis], dtype=np.int64)
    each = np.arange(len(own))
    true = _true(values, asked)
    confirmed = true[own, each]
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.where(true, np.abs(values - asked.claimed), np.inf)
    nearest = np.where(confirmed, own, distance.argmin(axis=0))
    fits = true.any(axis=0)
    missing = _missing(asked.quantity, own, measured)
    known = np.array([reason is None for reason in missing], dtype=bool)
    best = np.where(known & fits, nearest, -1)
    said = iter(
        reasons(
            [name for name, there in zip(asked.quantity, known, strict=True) if there],
            asked.claimed[known],
            values[:, known],
            own[known],
            best[known],
        )
    )
    return Verdicts(
        verdict=np.where(
            known, np.where(confirmed, "confirmed", "contradicted"), "unverifiable"
        ).tolist(),
        measured=np.where(known, values[own, each], np.nan),
        best_basis=[BASES[at] if at >= 0 else None for at in best.tolist()],
        reason=[why or next(said) for why in missing],
    )


def _quantities(quantity: Sequence[str], measured: Measured) -> Floats:
    """Return (4, n) the quantity each claim is about, on every basis: decimals or money."""
    names = np.array(quantity, dtype=str)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        change = measured.shares * (measured.prices - measured.before)
        return np.where(
            names == "return",
            measured.prices / measured.before - 1.0,
            np.where(names == "market_cap_change", change, measured.shares * measured.prices),
        )


def _true(values: Floats, asked: Asked) -> Bools:
    comparison = np.array(asked.comparison, dtype=str)
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(values - asked.claimed) <= asked.tolerance * np.abs(asked.claimed)
        at_least, at_most = values >= asked.claimed, values <= asked.claimed
    true: Bools = np.where(
        comparison == "at_least", at_least, np.where(comparison == "at_most", at_most, near)
    )
    return true


def _missing(quantity: Sequence[str], own: Ints, measured: Measured) -> list[str | None]:
    """Say what each verdict would need, or None."""
    names = np.array(quantity, dtype=str)
    reasons: list[str | None] = [None] * len(own)
    price = measured.prices[own, np.arange(len(own))]
    for at in np.flatnonzero((names != "return") & ~np.isfinite(measured.shares)):
        reasons[at] = _NO_SHARES
    for at in np.flatnonzero(~np.isfinite(price)):
        reasons[at] = f"no price {WORDS[own[at]]} over the claim's window"
    for at in np.flatnonzero((names != "market_cap") & ~np.isfinite(measured.before)):
        reasons[at] = _BEFORE_WINDOW
    return reasons
