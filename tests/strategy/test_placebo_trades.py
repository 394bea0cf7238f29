"""Trades on random dates: where they may go, what they earn, and whether the p-value is honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.book import bars_of

from backtest.engine.arrays import Ints
from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import Costs
from backtest.strategy.kernel import trade
from backtest.strategy.orders import Orders, orders
from backtest.strategy.placebo import dates_of, p_value, placebo, within


def walk_bars(securities: int = 4, sessions: int = 300, seed: int = 1) -> TradeBars:
    """SIMULATED random walks."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (securities, sessions)), axis=1))
    opens = close * np.exp(rng.normal(0, 0.005, close.shape))
    return bars_of(close.tolist(), open=opens.tolist())


def plain(security: list[int], entry: list[int], held: int = 10) -> Orders:
    """Long 1,000 from the close of a session to that of some sessions later."""
    at = 2 * np.array(entry) + 1
    count = len(security)
    return orders(
        security=np.array(security),
        known=at,
        entry=at,
        exit=at + 2 * held,
        side=np.ones(count),
        notional=np.full(count, 1000.0),
    )


def own_group(made: Orders) -> Ints:
    return np.arange(len(made))


def test_with_one_other_date_the_answer_is_known() -> None:
    """Three closes, one session held: 100 → 110 is the trade, 110 → 99 the only placebo."""
    bars = bars_of([[100.0, 110.0, 99.0]])
    found = placebo(bars, plain([0], [0], held=1), np.array([0]), runs=50, seed=1)
    assert found.observed == pytest.approx(100.0)
    assert found.draws == pytest.approx(np.full(50, -100.0))
    assert found.p == pytest.approx(1 / 51)
    assert found.fewest_dates == 1


def test_every_other_date_is_drawn_equally_often() -> None:
    bars = walk_bars(1, 40)
    made = plain([0], [12], held=5)
    closes = bars.close[0]
    gains = {round(float(1000 * (closes[t + 5] / closes[t] - 1)), 6) for t in range(35) if t != 12}
    found = placebo(bars, made, np.array([0]), runs=6800, seed=3)
    values, counts = np.unique(found.draws.round(6), return_counts=True)
    assert set(values) == gains
    assert counts.min() > 130  # 200 expected, sd 14
    assert counts.max() < 270


def test_orders_of_a_group_move_together() -> None:
    """Long and short the same security in one group is nothing on every date."""
    bars = walk_bars()
    made = plain([0, 0, 1], [50, 50, 80])
    made = replace(made, side=np.array([1.0, -1.0, 1.0]))
    alone = placebo(bars, made.take(np.array([2])), np.array([7]), runs=200, seed=4)
    joint = placebo(bars, made, np.array([3, 3, 7]), runs=200, seed=4)
    assert sorted(np.unique(joint.draws.round(6))) != [0.0]
    assert joint.observed == pytest.approx(alone.observed)
    apart = placebo(bars, made, np.array([1, 2, 7]), runs=200, seed=4)
    assert apart.draws.std() > 1.2 * joint.draws.std()


def test_dates_without_a_price_or_room_are_not_drawn() -> None:
    bars = walk_bars(2, 30)
    bars.close[0, 20] = bars.close[1, 5] = np.nan
    made = plain([0, 1], [10, 10], held=4)
    (shifts,) = dates_of(bars, made, np.array([0, 0])).shifts
    assert set(10 + shifts) == set(range(26)) - {5, 10, 20}


def test_the_hedge_needs_a_price_too() -> None:
    bars = walk_bars(2, 30)
    bars.close[1, 7] = np.nan
    made = plain([0], [10], held=4)
    made = replace(made, hedge_security=np.array([1]), hedge_ratio=np.array([1.0]))
    (shifts,) = dates_of(bars, made, np.array([0])).shifts
    assert 7 not in 10 + shifts
    assert len(shifts) == 24


def test_what_is_held_to_the_end_is_held_as_long_elsewhere() -> None:
    bars = walk_bars(1, 60)
    made = within(plain([0], [50], held=500), bars)
    assert (made.exit_session[0], made.exit_auction[0]) == (59, 1)
    (shifts,) = dates_of(bars, made, np.array([0])).shifts
    assert set(50 + shifts) == set(range(50))


def test_what_is_open_at_the_end_pays_no_exit_on_any_date() -> None:
    """Held over one session, 99 → 120 and valued there; elsewhere 100 → 110 and 110 → 99."""
    bars = bars_of([[100.0, 110.0, 99.0, 120.0]])
    made, costs = plain([0], [2], held=500), Costs(commission=0.01, half_spread=0.02)
    found = placebo(bars, made, np.array([0]), costs, runs=40, seed=1)
    assert found.observed == float(trade(bars, made, costs).net[0])
    assert found.observed == pytest.approx(1000 * (120 / 99 - 1) - 30)
    assert set(found.draws.round(6)) == {70.0, -130.0}


def test_what_a_stop_ends_on_another_date_pays_its_exit() -> None:
    """100 → 50 reaches the stop and is left at the next open, 50, for 5 of commission."""
    bars = bars_of([[100.0, 50.0, 50.0, 50.0, 50.0, 50.0]])
    made = replace(plain([0], [3], held=500), stop=np.array([0.2]))
    costs = Costs(commission=0.01)
    found = placebo(bars, made, np.array([0]), costs, runs=40, seed=1)
    assert found.observed == -10.0
    assert set(found.draws.round(6)) == {-515.0, -10.0}


def test_orders_that_cannot_move_are_left_out_of_both_sides() -> None:
    bars = walk_bars(1, 40)
    made = plain([0, 0, -1, 0], [0, 3, 5, 39], held=39)
    found = placebo(bars, made, own_group(made), runs=20, seed=1)
    assert (found.orders, found.left_out) == (4, 3)
    assert found.p is not None
    only = plain([0], [0], held=39)
    none = placebo(bars, only, np.array([0]), runs=20, seed=1)
    assert (none.left_out, none.p) == (1, None)
    assert none.observed == 0.0
    empty = placebo(bars, only.take(np.array([], dtype=int)), np.array([]), runs=5, seed=1)
    assert empty.p is None


def test_the_seed_makes_the_draws_and_their_number_does_not_move_the_observed() -> None:
    bars, made = walk_bars(), plain([0, 1, 2], [40, 90, 200])
    costs = Costs(commission=0.001)
    one, same, other = (
        placebo(bars, made, own_group(made), costs, runs=300, seed=seed) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(one.draws, same.draws)
    assert (one.draws != other.draws).any()
    assert one.observed == float(trade(bars, made, costs).net.sum())


def test_chunks_give_what_one_call_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    bars, made = walk_bars(), plain([0, 1, 2], [40, 90, 200])
    whole = placebo(bars, made, own_group(made), runs=100, seed=5)
    monkeypatch.setattr("backtest.strategy.placebo._AT_ONCE", 300)
    parts = placebo(bars, made, own_group(made), runs=100, seed=5)
    assert len(parts.draws) == 100
    assert np.isfinite(parts.draws).all()
    # The draws come in another order, of the same distribution.
    assert parts.draws.mean() == pytest.approx(whole.draws.mean(), abs=4 * whole.draws.std() / 10)


def test_without_an_effect_p_is_uniform_and_with_one_it_is_small() -> None:
    """SIMULATED: 200 strategies of 8 trades; then 3 % added over the days after each entry."""
    rng = np.random.default_rng(8)
    found, powerful = [], []
    for draw in range(200):
        bars = walk_bars(4, 200, seed=100 + draw)
        made = plain(list(rng.integers(0, 4, 8)), list(rng.integers(5, 180, 8)), held=3)
        found.append(placebo(bars, made, own_group(made), runs=99, seed=draw).p)
        if draw < 20:
            close = bars.close.copy()
            for row, session in zip(made.security, made.entry_session, strict=True):
                close[row, session + 1 :] *= 1.03
            moved = replace(bars, close=close, open=close)
            powerful.append(placebo(moved, made, own_group(made), runs=99, seed=draw).p)
    rejected = np.mean(np.array(found) <= 0.05)
    assert rejected == pytest.approx(0.05, abs=0.04)
    assert np.mean(np.array(found)) == pytest.approx(0.5, abs=0.07)
    assert np.mean(np.array(powerful) <= 0.05) > 0.5


def test_p_is_never_zero() -> None:
    assert p_value(10.0, np.zeros(99)) == 0.01
    assert p_value(-1.0, np.zeros(99)) == 1.0
    assert p_value(0.0, np.zeros(99)) == 1.0
