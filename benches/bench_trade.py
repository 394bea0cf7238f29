"""`backtest trade`: trades, placebos and sweep cells a second; the command beyond its imports.

Orders on 500 SIMULATED random walks of 1,200 sessions; a sweep of 60 variants over 2,000 SIMULATED
events on the universe's closes; the shipped calendar as a whole process, first time and again.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from measure import Act, Step, alternate
from processes import COMMAND, Process, imports
from pytest_benchmark.fixture import BenchmarkFixture
from support.book import some_orders, walk
from support.markets import market_of
from support.traded import rule
from workload.universe import Universe

from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import Costs, Liquidity
from backtest.strategy.fills import Fillable
from backtest.strategy.grid import read_axes
from backtest.strategy.kernel import daily, trade
from backtest.strategy.placebo import placebo
from backtest.strategy.study import Market
from backtest.strategy.sweep import sweep

ORDERS = 200_000
RUNS, BOOK = 10_000, 60
EVENTS = 2_000
AXES = read_axes("close+1,close+2,close+3,close+4", "1,3,5,10,20", "none,market,beta")
"""Closes alone: the reference table has no opens."""
TRADE = ("trade", "--prices", "snapshot")


@pytest.fixture(scope="module")
def bars() -> TradeBars:
    """Opens, closes and volumes of made-up securities."""
    return walk(1, securities=500, sessions=1_200)


@pytest.fixture(scope="module")
def costs(bars: TradeBars) -> Costs:
    """Every kind of cost."""
    return Costs(0.00005, 0.0002, Liquidity.of(bars).impact(1.0), 0.005)


def test_trades(benchmark: BenchmarkFixture, bars: TradeBars, costs: Costs) -> None:
    orders, can = some_orders(2, bars, ORDERS), Fillable.of(bars)
    made = trade(bars, orders, costs, fillable=can)
    alternate(
        benchmark,
        f"{ORDERS:,} SIMULATED round trips, most of them hedged, with all costs",
        Step("their book by session", lambda: daily(made), count=ORDERS),
        Step(
            "trades",
            lambda: trade(bars, orders, costs, fillable=can),
            count=ORDERS,
            at_least=200_000,
        ),
        rounds=7,
    )


def test_placebos(benchmark: BenchmarkFixture, bars: TradeBars, costs: Costs) -> None:
    """A book of sixty trades of ten sessions, each on a date of its own."""
    entry = 2 * np.random.default_rng(3).integers(0, bars.shape[1] - 12, BOOK) + 1
    orders = replace(
        some_orders(3, bars, BOOK),
        known=entry,
        entry_session=entry // 2,
        entry_auction=entry % 2,
        exit_session=entry // 2 + 10,
        exit_auction=entry % 2,
    )
    can = Fillable.of(bars)
    alternate(
        benchmark,
        f"{BOOK} SIMULATED trades on random dates, {RUNS:,} times",
        Step("the trades themselves", lambda: trade(bars, orders, costs, fillable=can)),
        Step(
            "placebos",
            lambda: placebo(bars, orders, orders.known, costs, runs=RUNS, seed=1, fillable=can),
            count=RUNS,
            at_least=2_500,
        ),
        rounds=5,
    )


@pytest.fixture(scope="module")
def market(universe: Universe, sessions: Path, tmp_path_factory: pytest.TempPathFactory) -> Market:
    """Two thousand events on the universe."""
    events = tmp_path_factory.mktemp("trade") / "events.parquet"
    universe.events(EVENTS).write_parquet(events)
    return market_of([], sessions.parent, events=events, prices=universe.path)


def test_sweep(benchmark: BenchmarkFixture, market: Market, tmp_path: Path) -> None:
    own = rule(
        tmp_path, "direction: with_reaction\nexit: {after: 5}\nentry: {at: close, after: 1}\n"
    )
    count = 60 * len(market.candidates(10.0))
    alternate(
        benchmark,
        f"60 variants × {EVENTS:,} SIMULATED events",
        Step("who could be traded", lambda: market.candidates(10.0)),
        Step(
            "sweep, strategy × event",
            lambda: sweep(own, market, AXES, runs=0),
            count=count,
            at_least=100_000,
        ),
        rounds=5,
    )


def test_command(benchmark: BenchmarkFixture, process: Process, tmp_path: Path) -> None:
    """Nothing kept: the library of trading calendars makes the sessions of three exchanges."""

    def without(*folders: str) -> Act:
        return lambda: [
            shutil.rmtree(tmp_path / "cache" / name, ignore_errors=True) for name in folders
        ]

    run: Act = process(COMMAND, *TRADE)
    alternate(
        benchmark,
        "backtest trade on the shipped calendar",
        Step("its imports", imports(process, *TRADE)),
        Step("nothing kept", run, over="its imports", before=without("")),
        Step("no results", run, over="its imports", beyond=2.0, before=without("results")),
        Step("the second time", run, over="its imports", beyond=2.0),
        rounds=5,
    )
