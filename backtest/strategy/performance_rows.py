"""Measures as rows of a table: name, value, error, unit, and why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from backtest.strategy.measures import Measures
from backtest.strategy.placebo import Placebo
from backtest.strategy.ratios import Ratio
from backtest.strategy.tried import Count

DECIMAL, MONEY, COUNT, CHANCE = "decimal", "money", "count", "probability"
SESSIONS, YEAR = "sessions", "a year"

NO_TRADES = "nothing was traded"
NO_SPAN = "no session was traded"
NO_WINS, NO_LOSSES = "no trade gained", "no trade lost"
NO_DATES = "no other date has prices and room for the trades"
NO_LIMIT = "autocorrelations leave a year no variance, or returns do not vary"

Row = dict[str, Any]


def performance_rows(measures: Measures, placebo: Placebo | None, tried: Count) -> Iterator[Row]:
    """Yield `measure, value, std_error, unit, reason` of a book; a value is there, or a reason."""
    falls, best = measures.drawdown, measures.deflated
    no_share = measures.lost or NO_SPAN
    yield _row("sessions", measures.sessions, COUNT)
    yield _row("trades", measures.trades, COUNT)
    yield _row("total_return", measures.total_return, DECIMAL, no_share)
    yield _row("annual_return", measures.annual_return, YEAR, no_share)
    yield _row("volatility", measures.volatility, YEAR, no_share)
    yield _row("drawdown", falls.depth, DECIMAL)
    yield _row("drawdown_sessions", falls.longest, SESSIONS)
    yield _row("turnover", measures.turnover, YEAR, no_share)
    yield _row("exposure", measures.exposure, DECIMAL, no_share)
    yield _row("invested", measures.invested, DECIMAL, no_share)
    yield _row("hit_rate", measures.hit_rate, DECIMAL, NO_TRADES)
    yield _row("average_win", measures.average_win, MONEY, NO_WINS)
    yield _row("average_loss", measures.average_loss, MONEY, NO_LOSSES)
    yield from _ratio("sharpe", measures.sharpe)
    yield from _ratio("sortino", measures.sortino)
    yield _row("probabilistic_sharpe", best.psr, CHANCE, best.reason)
    yield _row("deflated_sharpe", best.dsr, CHANCE, best.reason)
    yield _row("strategies_tried", tried.calendar, COUNT)
    yield _row("skewness", best.skewness, "", best.reason)
    yield _row("kurtosis", best.kurtosis, "", best.reason)
    if placebo is not None:
        nothing = placebo.p is None
        yield _row("placebo_p", placebo.p, CHANCE, NO_DATES if nothing else None)
        middle = None if nothing else placebo.quantiles(0.5)[0]
        yield _row("placebo_median", middle, MONEY, NO_DATES if nothing else None)


def _ratio(name: str, ratio: Ratio) -> Iterator[Row]:
    yield _row(name, ratio.value, YEAR, ratio.reason, ratio.std_error)
    yield _row(f"{name}_autocorrelated", ratio.adjusted, YEAR, ratio.reason or NO_LIMIT)


def _row(
    measure: str,
    value: float | None,
    unit: str,
    reason: str | None = None,
    error: float | None = None,
) -> Row:
    known = value is not None and math.isfinite(value)
    return {
        "measure": measure,
        "value": float(value) if known and value is not None else None,
        "std_error": error if known and error is not None and math.isfinite(error) else None,
        "unit": unit,
        "reason": None if known else reason,
    }
