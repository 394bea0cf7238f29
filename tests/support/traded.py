"""Strategies written in a test, and studies to trade them on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from backtest.api import planned
from backtest.prices.providers.snapshot import read_table
from backtest.strategy.load import LoadedStrategy, load_strategies
from backtest.strategy.study import open_market, trade_market
from backtest.strategy.tables import TradeResult

SHIPPED = Path(__file__).parents[2] / "strategies"


def rule(folder: Path, text: str, key: str = "mine") -> LoadedStrategy:
    """Return a strategy of these lines; id and title are given."""
    path = folder / f"{key}.yaml"
    path.write_text(f"id: {key}\ntitle: A rule of a test\n{text}", encoding="utf-8")
    (one,) = load_strategies(path)
    return one


def shipped_rule(key: str) -> LoadedStrategy:
    """Return a shipped strategy."""
    (one,) = load_strategies(SHIPPED / f"{key}.yaml")
    return one


def traded(
    rules: list[LoadedStrategy],
    events: Path,
    prices: str | Path = "snapshot",
    *,
    cache: Path | None = None,
    capital: float = 1e6,
    selection: tuple[str, ...] = (),
    **study: Any,
) -> TradeResult:
    """Trade rules on a study without tests over samples."""
    plan = planned(
        events, prices, cache=cache or False, selection=selection, **{"tests": (), **study}
    )
    market = open_market(plan, events, rules, selection=selection, capital=capital, cache_dir=cache)
    return trade_market(market, rules)


def bars_table() -> pl.DataFrame:
    """Return the shipped bars as a table of one's own."""
    return read_table("bars")
