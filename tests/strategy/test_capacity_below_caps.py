"""What a rule with a cap could carry: trading it at that capital earns what was said."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from support.traded import shipped_rule

from backtest.strategy.capacity import Capacity, capacity
from backtest.strategy.load import LoadedStrategy
from backtest.strategy.study import Market, trade_strategy
from backtest.strategy.tables import Traded


def at(market: Market, rule: LoadedStrategy, capital: float) -> tuple[Traded, Capacity]:
    """Trade a rule with some capital."""
    richer = replace(market, book=replace(market.book, capital=capital))
    one, _ = trade_strategy(rule, richer)
    return one, capacity(one, capital)


def costly(impact: float, cap: float | None) -> LoadedStrategy:
    """Return the shipped rule that earns, with another impact and another cap."""
    rule = shipped_rule("fade-one-day-pops")
    own = rule.strategy
    return replace(
        rule,
        strategy=own.model_copy(
            update={
                "costs": own.costs.model_copy(update={"impact": impact}),
                "size": own.size.model_copy(update={"adv_cap": cap}),
            }
        ),
    )


def test_where_all_orders_are_at_their_caps_more_capital_earns_no_more(market: Market) -> None:
    rule = costly(1.0, 0.01)
    _, found = at(market, rule, 1e6)
    assert math.isinf(found.gone)
    assert math.isinf(found.known_to)
    for times in (1.0, 1.5, 40.0):
        one, again = at(market, rule, found.full * times)
        assert one.trades.net.sum() == pytest.approx(found.at_most, rel=1e-9)
        assert again.full == pytest.approx(found.full)
        assert again.at_most == pytest.approx(found.at_most)
    less, _ = at(market, rule, found.full * 0.8)
    assert abs(less.trades.net.sum() / found.at_most - 1.0) > 1e-6


@pytest.mark.parametrize("cap", [0.01, None])
def test_where_impact_eats_all_of_it_nothing_is_earned(market: Market, cap: float | None) -> None:
    rule = costly(20.0, cap)
    _, found = at(market, rule, 1e5)
    nothing, again = at(market, rule, found.gone)
    earned = nothing.trades.net.sum() / nothing.trades.hedged.sum()
    assert earned == pytest.approx(0.0, abs=1e-4)
    assert again.gone == pytest.approx(found.gone, rel=1e-4)
    most = at(market, rule, found.most)[0].trades.net.sum()
    for times in (0.9, 1.1):
        assert at(market, rule, found.most * times)[0].trades.net.sum() < most


def test_a_wide_cap_lets_orders_grow_beyond_what_was_measured(market: Market) -> None:
    rule = costly(0.1, 0.5)
    _, found = at(market, rule, 1e6)
    assert found.known_to < found.full
    one, _ = at(market, rule, found.known_to)
    assert (one.planned.orders.notional[one.admitted] / one.adv).max() == pytest.approx(0.1)


def test_no_share_of_a_day_is_told_for_what_loses(market: Market) -> None:
    _, found = at(market, shipped_rule("round-trip-to-the-cut"), 1e6)
    assert math.isnan(found.gone)
    assert math.isnan(found.most)
