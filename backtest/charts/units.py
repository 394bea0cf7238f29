"""How the figures of a measure are written on an axis, in words, and in a tooltip."""

from __future__ import annotations

from dataclasses import dataclass

from backtest.notation import number, percent
from backtest.spec import Measure


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of abnormal returns.

    Attributes:
        noun: what is abnormal.
        name: the unit, as it stands in brackets behind a title; empty for per cent, which is
            written at every number.
        tick: the Vega expression of an axis label.
        level: the same where what is shown is not a difference; with it zero means nothing.
        tooltip: the d3 format of a tooltip.
    """

    noun: str
    name: str
    tick: str
    tooltip: str
    level: str | None = None

    @property
    def several(self) -> str:
        """What is abnormal of many: returns, volume."""
        return f"{self.noun}s" if self.noun == "return" else self.noun

    def text(self, value: float | None) -> str:
        """Return a value with its sign, and per cent where it is that; – for nothing."""
        if not self.name:
            return percent(value)
        return "–" if value is None else ("+" if value > 0 else "") + number(value)

    def titled(self, title: str) -> str:
        """Return the title of an axis with the unit, where the numbers have none."""
        return f"{title} ({self.name})" if self.name else title


_PERCENT = "datum.value === 0 ? '0%' : format(datum.value, '+.3~%')"
_PLAIN = "datum.value === 0 ? '0' : format(datum.value, '+.3~f')"

_LEVEL = "format(datum.value, '.3~f')"

_UNITS: dict[Measure, Unit] = {
    "return": Unit("return", "", _PERCENT, "+.2%"),
    "volume": Unit("volume", "log points", _PLAIN, "+.3f", _LEVEL),
    "volatility": Unit("volatility", "multiples of the usual variance", _PLAIN, "+.2f", _LEVEL),
}


def unit(measure: Measure) -> Unit:
    """Return the unit of a study's measure."""
    return _UNITS[measure]


def money_tick(symbol: str) -> str:
    """Return the Vega expression of an axis label in money: −$1.5bn.

    Args:
        symbol: what stands before the number: a sign of a currency, or its code and a space.
    """
    quoted = symbol.replace("\\", "").replace("'", "")
    size = "abs(datum.value)"
    steps = (("1e12", "tn"), ("1e9", "bn"), ("1e6", "m"))
    scaled = f"format({size}, ',.3~f')"
    for divisor, name in reversed(steps):
        shown = f"format({size} / {divisor}, ',.3~f') + '{name}'"
        scaled = f"{size} >= {divisor} ? {shown} : {scaled}"
    sign = "(datum.value < 0 ? '−' : datum.value > 0 ? '+' : '')"
    return f"{sign} + '{quoted}' + ({scaled})"
