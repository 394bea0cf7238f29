"""Books of many cells at once against the book of one, which is made by other means."""

from __future__ import annotations

import numpy as np
import pytest
from support.book import bars_of, some_orders, walk

from backtest.strategy import daily_cells
from backtest.strategy.costs import Costs, Liquidity
from backtest.strategy.daily_cells import daily_by_cell
from backtest.strategy.kernel import daily, trade


@pytest.mark.parametrize("seed", range(6))
def test_each_cell_is_its_own_book(seed: int) -> None:
    bars = walk(seed)
    costs = Costs(0.0003, 0.0007, Liquidity.of(bars).impact(1.0), 0.05)
    made = some_orders(seed, bars, 60)
    cell = np.random.default_rng(seed).integers(0, 4, 60)
    found = daily_by_cell(trade(bars, made, costs), cell, 5)
    assert found.shape == (5, 60)
    for one in range(4):
        alone = trade(bars, made.take(cell == one), costs)
        assert alone.traded.any()
        np.testing.assert_allclose(found[one], daily(alone), atol=1e-7)
    assert not found[4].any()


def test_sums_over_sessions_are_the_net_of_the_trades() -> None:
    bars = walk(3)
    made = trade(bars, some_orders(3, bars, 40), Costs(0.001, 0.001, None, 0.03))
    cell = np.arange(40)
    np.testing.assert_allclose(daily_by_cell(made, cell, 40).sum(axis=1), made.net, atol=1e-7)


def test_pieces_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    bars = walk(4)
    made = trade(bars, some_orders(4, bars, 50), Costs(0.001))
    cell = np.arange(50) % 3
    whole = daily_by_cell(made, cell, 3)
    monkeypatch.setattr(daily_cells, "_AT_ONCE", 37)
    np.testing.assert_allclose(daily_by_cell(made, cell, 3), whole, atol=1e-8)


def test_no_trades_are_an_empty_book() -> None:
    bars = bars_of([[1.0, 2.0, 3.0]])
    none = trade(bars, some_orders(1, bars, 3).take(np.array([], dtype=int)))
    assert not daily_by_cell(none, np.array([], dtype=int), 2).any()
