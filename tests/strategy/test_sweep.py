"""Every cell of a sweep is the strategy that it says, traded alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.traded import rule, shipped_rule

from backtest.errors import BadInput
from backtest.inference._multiplicity import benjamini_hochberg, holm
from backtest.strategy.charges import costs_of
from backtest.strategy.grid import read_axes
from backtest.strategy.judged import judge
from backtest.strategy.kernel import Trades, daily, trade
from backtest.strategy.load import LoadedStrategy
from backtest.strategy.ratios import sharpe
from backtest.strategy.rules import plan_orders
from backtest.strategy.study import Market, trade_market
from backtest.strategy.sweep import Swept, sweep
from backtest.strategy.sweep_study import sweep_market
from backtest.strategy.tried import Tried

AXES = read_axes("auction,next_open", "1,5:open,20", "none,beta", ["role = 'counterparty'"])


@pytest.fixture(scope="module")
def swept(market: Market) -> Swept:
    return sweep(shipped_rule("round-trip-to-the-cut"), market, AXES, runs=60)


def test_each_cell_is_its_strategy_traded_alone(market: Market) -> None:
    found = sweep(shipped_rule("round-trip-to-the-cut"), market, AXES, runs=0)
    assert len(found.cells) == 12
    given = market.candidates(10.0)
    bars, costs = market.book.bars, found.loaded.strategy.costs
    for at, cell in enumerate(found.cells):
        planned = plan_orders(cell.loaded, given, market.book)
        made = trade(bars, planned.orders, costs_of(costs, bars, market.book.known))
        went = made.traded
        returns = made.net[went] / planned.orders.notional[went]
        assert found.trades[at] == went.sum() > 0
        assert found.total[at] == pytest.approx(made.net.sum())
        assert found.mean[at] == pytest.approx(returns.mean())
        assert found.error[at] == pytest.approx(returns.std(ddof=1) / np.sqrt(len(returns)))
        assert found.hit_rate[at] == pytest.approx((returns > 0).mean())
        assert found.sharpe[at] == pytest.approx(sharpe_of(market, made))


def sharpe_of(market: Market, made: Trades) -> float:
    """Return the ratio of the profit of each session over the equity before it, made anew."""
    first, last = made.main.entry[made.traded].min() // 2, made.main.exit.max() // 2
    last = max(int(last), int(made.hedge.exit.max()) // 2)
    pnl = daily(made)[first : last + 1]
    worth = market.book.capital + np.cumsum(pnl)
    return sharpe(pnl / np.concatenate([[market.book.capital], worth[:-1]])).each


@pytest.mark.parametrize("exits", ["5", "5,20", "1,5,60"])
def test_the_ratio_of_a_variant_is_its_book_s_whatever_else_is_swept(
    market: Market, tmp_path: Path, exits: str
) -> None:
    text = "where: ar > 0.05\nentry: {at: next_open}\nexit: {after: 5}\n"
    own = rule(tmp_path, f"{text}capital: {{overlap: allow}}\n")
    book = judge(trade_market(market, [own]), market, Tried(None), runs=0)
    assert not (book.untraded["stage"] == "capital").any()
    found = sweep(own, market, read_axes("next_open", exits, "none"), runs=0)
    at = [cell.exit for cell in found.cells].index("5")
    measures = book.strategies[0].measures
    assert found.yearly[at] == pytest.approx(measures.sharpe.value, rel=1e-9)
    assert found.sessions[at] == measures.sessions
    assert found.trades[at] == measures.trades


def test_a_variant_that_loses_the_capital_has_no_ratio(market: Market, tmp_path: Path) -> None:
    wild = rule(
        tmp_path,
        "where: role = 'counterparty'\nexit: {after: 60}\nsize: {rule: percent, value: 3}\n",
        "wild",
    )
    found = sweep(wild, market, read_axes("auction", "1,60", "none"), runs=0)
    assert np.isfinite(found.sharpe).tolist() == [True, False]
    assert found.best == 0


def test_the_best_is_the_highest_ratio_and_the_others_are_there(swept: Swept) -> None:
    assert swept.best is not None
    assert swept.sharpe[swept.best] == np.nanmax(swept.sharpe)
    assert len(swept.sharpe) == len(swept.cells) == len(swept.reality.p_best)
    assert swept.returns.mean() / swept.returns.std(ddof=1) == pytest.approx(
        swept.sharpe[swept.best]
    )


def test_p_values_are_adjusted_for_all_cells(swept: Swept) -> None:
    p = swept.reality.p
    assert np.isfinite(p).all()
    np.testing.assert_array_equal(swept.p_holm, holm(p))
    np.testing.assert_array_equal(swept.p_bh, benjamini_hochberg(p))
    assert (swept.reality.p_best >= p).all()
    assert len(swept.reality.best) == 60


def test_the_seed_makes_the_draws(market: Market) -> None:
    one, same, other = (
        sweep(shipped_rule("fade-one-day-pops"), market, read_axes(), runs=20, seed=seed)
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one.reality.best, same.reality.best)
    assert (one.reality.best != other.reality.best).any()
    np.testing.assert_array_equal(one.mean, other.mean)


def test_what_is_not_known_yet_is_left_out_and_counted(market: Market) -> None:
    found = sweep(shipped_rule("fade-one-day-pops"), market, read_axes(), runs=0)
    assert (len(found.cells), found.foreseen) == (30, 30)
    assert {cell.entry for cell in found.cells} == {"next_open", "close+1"}
    axes = read_axes("auction,close", "1", "none")
    with pytest.raises(BadInput, match="comes before the close of the reaction"):
        sweep(shipped_rule("fade-one-day-pops"), market, axes, runs=0)


def test_a_condition_that_nobody_meets_is_a_sweep_without_trades(
    market: Market, tmp_path: Path
) -> None:
    rules = [rule(tmp_path, "where: role = 'nobody'\nexit: {after: 3}\n")]
    found = sweep_market(market, rules, read_axes(), Tried(None), runs=9)
    assert found.sweep["trades"].sum() == 0
    assert found.sweep["sharpe"].null_count() == found.sweep.height == 60
    assert found.walk_forward.is_empty()
    assert found.best[0].reason
    assert found.tried.here == 0


def test_a_condition_that_cannot_be_read_is_refused(market: Market) -> None:
    with pytest.raises(BadInput, match="nothing is known by `arr`"):
        sweep(shipped_rule("fade-one-day-pops"), market, read_axes(filters=["arr > 1"]), runs=0)


def test_tables_hold_every_variant_and_the_count_all_of_them(
    market: Market, shipped_rules: list[LoadedStrategy], tmp_path: Path
) -> None:
    found = sweep_market(market, shipped_rules, read_axes(), Tried(tmp_path), runs=19, folds=2)
    assert found.sweep.height == found.tried.here == 180
    assert found.sweep["p_best"].is_between(0.05, 1.0).all()
    assert found.walk_forward.group_by("strategy").len()["len"].to_list() == [2] * 4
    for one in found.best:
        assert one.trials == 180
        assert one.dsr <= one.psr
    again = sweep_market(market, shipped_rules, read_axes(), Tried(tmp_path), runs=0, folds=2)
    assert again.tried.here == 180
    assert again.sweep["p"].null_count() == 180


def test_a_choice_is_made_of_what_was_over(market: Market) -> None:
    """Every fold of a sweep against its own trades, counted anew."""
    found = sweep(shipped_rule("round-trip-to-the-cut"), market, AXES, runs=0, folds=3)
    given = market.candidates(10.0)
    chosen = [fold for fold in found.folds if fold.chosen is not None]
    assert chosen
    for fold in chosen:
        assert fold.chosen is not None
        cell = found.cells[fold.chosen]
        planned = plan_orders(cell.loaded, given, market.book)
        made = trade(
            market.book.bars,
            planned.orders,
            costs_of(cell.loaded.strategy.costs, market.book.bars, market.book.known),
        )
        over = made.main.exit // 2 < fold.start
        assert fold.behind == (made.traded & over & (given.day0[planned.place] < fold.start)).sum()
