"""How the figures of a measure are shown: its header line, its noun and its number format."""

from __future__ import annotations

from collections.abc import Callable

from backtest.notation import number, percent
from backtest.spec import Measure

_LINES = {
    "volume": "volume: ln of the shares traded; AR and CAR in log points (0.69 is twice the usual)",
    "volatility": "volatility: squared abnormal return over its variance, 1 on usual days; AR and "
    "CAR are what exceeds the expected; it is skewed, so large t and stars overstate: see SQ p",
}
"""What a reader must know besides the names of the columns, which stay those of returns."""


def measure_line(measure: Measure) -> dict[str, str]:
    """Return the line of the header that says what is measured, none for returns."""
    return {"measure": _LINES[measure]} if measure in _LINES else {}


def figure(measure: Measure) -> Callable[[float | None], str]:
    """Return how a value of the measure is written."""
    return percent if measure == "return" else signed


def signed(value: float | None) -> str:
    """Return +1.23, – for nothing."""
    return "–" if value is None else ("+" if value > 0 else "") + number(value)


def column_name(measure: Measure) -> str:
    """Return the heading of the column of what was measured on the event day."""
    return {"volume": "ln V", "volatility": "U"}.get(measure, "return")
