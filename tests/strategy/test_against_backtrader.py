"""Another backtester makes the same money of the same orders.

backtrader walks bar by bar, with orders, a broker and cash of its own. It is given what the shipped
strategies bought and sold: the shares and the auctions, nothing of what they made. It knows
commissions in per cent of the value, which stand here for commission and half spread together, and
no dividends: they are paid into its cash for what it says it holds. Impact and borrow fees, which
it does not know, are left out on both sides.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.cli import CALENDAR

from backtest.api import planned
from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import Costs
from backtest.strategy.kernel import Trades, trade
from backtest.strategy.load import load_strategies
from backtest.strategy.portfolio import equity_of
from backtest.strategy.study import Market, open_market, trade_strategy

pytestmark = pytest.mark.filterwarnings("ignore")

CAPITAL = 1e6
RATE = 0.0012
COSTS = Costs(commission=0.0002, half_spread=0.001)
STRATEGIES = Path(__file__).parents[2] / "strategies"
RULES = {one.id: one for one in load_strategies(STRATEGIES)}


@pytest.fixture(scope="module")
def market(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Market:
    folder = tmp_path_factory.mktemp("traded")
    (folder / "sessions").symlink_to(warm / "sessions")
    plan = planned(CALENDAR, "snapshot", cache=folder, tests=())
    return open_market(plan, CALENDAR, list(RULES.values()), capital=CAPITAL, cache_dir=folder)


def tickets(made: Trades) -> Iterator[tuple[int, int, float]]:
    """Yield (row, auction, shares bought or sold) of every fill."""
    for leg in (made.main, made.hedge):
        for place in np.flatnonzero(leg.shares):
            yield int(leg.row[place]), int(leg.entry[place]), float(leg.shares[place])
            if leg.closed[place]:
                yield int(leg.row[place]), int(leg.exit[place]), -float(leg.shares[place])


def theirs(bars: TradeBars, made: Trades, first: int) -> np.ndarray:
    """Return what backtrader says the book is worth at each close from session `first` on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backtrader = pytest.importorskip("backtrader", reason="backtrader is not installed")
    due: dict[int, list[tuple[int, int, float]]] = {}
    for row, auction, shares in tickets(made):
        due.setdefault(auction // 2, []).append((row, auction % 2, shares))
    worth: list[float] = []

    class Walk(backtrader.Strategy):  # type: ignore[misc, name-defined]
        def next(self) -> None:
            now = first + len(self) - 1
            worth.append(self.broker.getvalue())
            paid = sum(
                self.getposition(data).size * bars.dividend[row, now + 1]
                for row, data in enumerate(self.datas)
                if now + 1 < bars.shape[1]
            )
            if paid:
                self.broker.add_cash(paid)
            for row, at, shares in due.get(now + 1, ()):
                kind = backtrader.Order.Close if at else backtrader.Order.Market
                send = self.buy if shares > 0 else self.sell
                send(data=self.datas[row], size=abs(shares), exectype=kind)

    engine = backtrader.Cerebro(stdstats=False)
    for row, ticker in enumerate(bars.tickers):
        columns = ("open", "high", "low", "close", "volume")
        frame = pd.DataFrame(
            {name: getattr(bars, name)[row, first:] for name in columns},
            index=pd.DatetimeIndex(bars.sessions[first:].astype("datetime64[ns]")),
        )
        engine.adddata(backtrader.feeds.PandasData(dataname=frame), name=ticker)
    engine.addstrategy(Walk)
    engine.broker.setcash(CAPITAL)
    engine.broker.set_checksubmit(False)
    engine.broker.setcommission(commission=RATE)
    engine.run()
    return np.array(worth)


@pytest.mark.parametrize("key", sorted(RULES))
def test_the_same_orders_make_the_same_book(key: str, market: Market) -> None:
    traded, _ = trade_strategy(RULES[key], market)
    bars = market.book.bars
    made = trade(bars, traded.planned.orders.take(traded.admitted), COSTS)
    assert len(traded.admitted) >= 6
    first = int(made.main.entry.min() // 2) - 5
    ours = equity_of(made, CAPITAL).equity[first:]
    found = theirs(bars, made, first)
    assert len(found) == len(ours)
    assert found == pytest.approx(ours, rel=1e-12, abs=1e-9 * CAPITAL)
    assert found[-1] - CAPITAL == pytest.approx(made.net.sum(), rel=1e-9)
    assert abs(made.net.sum()) > 1_000.0


def test_what_is_compared_is_not_nothing(market: Market) -> None:
    """The comparison can fail: a single session more or less makes other money."""
    traded, _ = trade_strategy(RULES["round-trip-to-the-cut"], market)
    bars, own = market.book.bars, traded.planned.orders.take(traded.admitted)
    made, later = (trade(bars, one, COSTS) for one in (own, own.moved(np.ones(len(own), int))))
    first = int(made.main.entry.min() // 2) - 5
    found = theirs(bars, later, first)
    assert abs(found[-1] - CAPITAL - made.net.sum()) > 100.0
