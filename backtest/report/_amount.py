"""Amounts of money as columns of a terminal hold them."""

from __future__ import annotations

from backtest.notation import money


def amount(value: float | None, currency: str, *, signed: bool = True) -> str:
    """Return +12,345, from a million on with its unit and currency; – for nothing."""
    if value is None:
        return "–"
    if abs(value) >= 1e6:
        return money(value, currency, signed=signed)
    sign = "−" if round(value) < 0 else "+" if signed and round(value) > 0 else ""
    return f"{sign}{abs(value):,.0f}"
