"""The shipped calendar as a market to trade on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.cli import CALENDAR

from backtest.api import planned
from backtest.strategy.load import LoadedStrategy
from backtest.strategy.study import Market, open_market


def market_of(
    rules: Sequence[LoadedStrategy],
    cache: Path | None,
    *,
    events: Path = CALENDAR,
    prices: str | Path = "snapshot",
    capital: float = 1e6,
    **study: Any,
) -> Market:
    """Open a market for rules, without tests over samples."""
    plan = planned(events, prices, cache=cache or False, **{"tests": (), **study})
    return open_market(plan, events, rules, capital=capital, cache_dir=cache)
