"""Prices quoted in a hundredth of the currency: London in pence, Johannesburg in cents."""

from __future__ import annotations

_HUNDREDTHS = {"GBp": "GBP", "ZAc": "ZAR", "ILA": "ILS"}


def currency_unit(quoted: str) -> tuple[str, float]:
    """Return the currency a price is money in, and how much of it one unit of the price is."""
    return (_HUNDREDTHS[quoted], 0.01) if quoted in _HUNDREDTHS else (quoted, 1.0)
