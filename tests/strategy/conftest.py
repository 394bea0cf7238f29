"""The shipped calendar as a market, opened once for the tests of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.markets import market_of
from support.traded import SHIPPED

from backtest.strategy.load import LoadedStrategy, load_strategies
from backtest.strategy.study import Market


@pytest.fixture(scope="session")
def shipped_rules() -> list[LoadedStrategy]:
    """All strategies that are shipped."""
    return load_strategies(SHIPPED)


@pytest.fixture(scope="session")
def market(warm: Path, shipped_rules: list[LoadedStrategy]) -> Market:
    """The shipped calendar at the shipped prices."""
    return market_of(shipped_rules, warm)
