"""Numbers as the report writes them: those of `backtest.notation`."""

from backtest.notation import (
    LEGEND,
    STARS,
    claimed,
    money,
    number,
    percent,
    span,
    stars,
    times,
)

__all__ = ["LEGEND", "STARS", "claimed", "money", "number", "percent", "span", "stars", "times"]
