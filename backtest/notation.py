"""Numbers as a reader wants them: percent, dollars, stars. Data never holds any of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backtest.spec import Window

LEGEND = "*** p < 1 %   ** p < 5 %   * p < 10 %"
STARS = 3
"""Characters that `stars` returns."""

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "KRW": "₩"}
_UNITS = (("tn", 1e12), ("bn", 1e9), ("m", 1e6))


def percent(value: float | None, digits: int = 2) -> str:
    """Return +1.23% for 0.0123, – for nothing."""
    return "–" if value is None else _minus(f"{value * 100:+.{digits}f}%")


def stars(p: float | None) -> str:
    """Return the stars of a p-value, padded so that the numbers before them align."""
    mark = "" if p is None else "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.10 else ""
    return mark.ljust(STARS)


def money(value: float | None, currency: str | None = None, *, signed: bool = True) -> str:
    """Return +$63.4bn for 63.4e9 dollars, – for nothing."""
    if value is None:
        return "–"
    sign = "−" if value < 0 else "+" if signed else ""
    unit, size = next((one for one in _UNITS if abs(value) >= one[1]), ("", 1.0))
    digits = 3 if unit == "tn" else 1
    symbol = _SIGNS.get(currency or "", f"{currency} " if currency else "")
    return f"{sign}{symbol}{abs(value) / size:,.{digits}f}{unit}"


def number(value: float | None, digits: int = 2) -> str:
    """Return a plain number, – for nothing."""
    return "–" if value is None else _minus(f"{value:.{digits}f}")


def times(value: float | None) -> str:
    """Return a multiple with three figures or so, – for nothing."""
    return number(value, 2 if value is None or abs(value) < 10 else 0)


def span(window: Window) -> str:
    """Return a window as headings show it: −1:1."""
    return _minus(str(window))


def claimed(quantity: str, value: float | None, currency: str | None = None) -> str:
    """Return a claim's figure in the unit of its quantity."""
    if quantity == "return":
        return percent(value)
    return money(value, currency, signed=quantity == "market_cap_change")


def _minus(text: str) -> str:
    """Replace hyphens by minus signs; a zero has no sign."""
    bare = text.strip("+-0.%")
    return text.lstrip("+-") if not bare else text.replace("-", "−")
