"""Sizes, hedges, what the capital admits, capacity, and what may be concluded: worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.book import bars_of, some_orders, walk
from support.studies import quick

from backtest.strategy.capacity import capacity_of
from backtest.strategy.costs import Costs, Liquidity
from backtest.strategy.hedge import Against, Hedged, hedged
from backtest.strategy.kernel import trade
from backtest.strategy.orders import orders
from backtest.strategy.portfolio import FULL, HELD, LARGE, SPENT, admitted, equity_of
from backtest.strategy.schema import Capital, Hedge, Size
from backtest.strategy.sizing import sized
from backtest.strategy.verdict import verdict

ROWS, SESSIONS = np.array([0, 1, 1]), np.array([30, 30, 31])


def sizes(size: Size, group: list[int] | None = None, seed: int = 1) -> np.ndarray:
    bars = walk(seed)
    numbers = np.array(group or [0, 1, 2])
    return sized(size, 1e6, ROWS, SESSIONS, numbers, Liquidity.of(bars))


def test_sizes_by_rule() -> None:
    assert sizes(Size(rule="equal", value=5_000)).tolist() == [5_000.0] * 3
    assert sizes(Size(value=0.05)).tolist() == [50_000.0] * 3
    assert sizes(Size(value=0.06, per="side"), [7, 7, 9]).tolist() == [30_000, 30_000, 60_000]
    assert sizes(Size(value=0.06, most=0.02)).tolist() == [20_000.0] * 3


def test_volatility_and_volume_are_those_of_the_sessions_before() -> None:
    bars = walk(1)
    returns = bars.total_return[:, 1:] / bars.total_return[:, :-1] - 1.0
    own = returns[0, 9:29].std(ddof=1)  # the returns of sessions 10 to 29
    found = sizes(Size(rule="inverse_volatility", value=0.001))
    assert found[0] == pytest.approx(1_000.0 / own)
    money = (bars.close * bars.volume)[0, 10:30].mean()
    assert sizes(Size(value=0.9, adv_cap=0.001))[0] == pytest.approx(0.001 * money)
    quiet = replace(bars, volume=np.full(bars.shape, np.nan))
    unknown = sized(Size(value=0.9, adv_cap=0.001), 1e6, ROWS, SESSIONS, ROWS, Liquidity.of(quiet))
    assert unknown.tolist() == [9e5] * 3


def held_against(hedge: Hedge, **by: Any) -> Hedged:
    bars = walk(4, securities=6, sessions=300)
    given_: dict[str, Any] = {
        "benchmark": 0,
        "beta": np.array([1.4, np.nan]),
        "group": np.array([0, 1]),
        "sectors": {"T2": "chips"},
        "may": np.arange(6) > 0,
    }
    known = Liquidity.of(bars)
    rows, sessions = np.array([1, 2]), np.array([280, 290])
    return hedged(hedge, bars, known, rows, sessions, Against(**{**given_, **by}))


def test_hedges_by_rule() -> None:
    market = held_against(Hedge(by="market"))
    assert (market.row.tolist(), market.ratio.tolist()) == ([0, 0], [1.0, 1.0])
    beta = held_against(Hedge(by="beta"))
    assert (beta.row.tolist(), beta.ratio[0]) == ([0, -1], 1.4)
    assert beta.reason == ("", "no β could be estimated")
    funds = {"chips": "T5", "T1": "T4"}
    assert held_against(Hedge(by="sector", funds=funds)).row.tolist() == [4, 5]
    other = held_against(Hedge(by="sector", funds={"T1": "T4"}, otherwise="T3"), sectors={})
    assert other.row.tolist() == [4, 3]
    none = held_against(Hedge(by="sector", funds={"T1": "T9"}))
    assert none.row.tolist() == [-1, -1]
    own = held_against(Hedge(by="sector", otherwise="T1"), sectors={})
    assert own.row.tolist() == [-1, 1]
    assert own.reason == ("it would be hedged with itself", "")
    assert held_against(Hedge(by="market"), benchmark=2).reason[1] == own.reason[0]
    assert held_against(Hedge()).row.tolist() == [-1, -1]


def test_a_matched_control_is_the_one_most_alike() -> None:
    """T3 has the β and the volume of T1; T1's twin is its share class, T4 a party of the event."""
    rng = np.random.default_rng(8)
    market = rng.normal(0.0, 0.01, 280)
    beta = np.array([1.0, 1.5, 0.2, 1.5, 1.5, 1.5])
    noise = rng.normal(0.0, 0.015, (6, 280))
    noise[0] = 0.0
    noise[5] = noise[1]  # the twin
    close = 50.0 * np.cumprod(1.0 + beta[:, None] * market + noise, axis=1)
    volume = np.full((6, 280), 1e6)
    bars = bars_of(close.tolist(), first="2024-08-01", volume=volume)
    rows, sessions, group = np.array([1, 4]), np.array([270, 270]), np.array([3, 3])
    by = Against(0, np.full(2, np.nan), group, {}, np.arange(6) > 0)
    found = hedged(Hedge(by="matched"), bars, Liquidity.of(bars), rows, sessions, by)
    assert found.row.tolist()[0] == 3
    later = close.copy()
    later[:, 270:] = 1.0
    blind = bars_of(later.tolist(), first="2024-08-01", volume=volume)
    again = hedged(Hedge(by="matched"), blind, Liquidity.of(blind), rows, sessions, by)
    assert again.row.tolist() == found.row.tolist()


def three(notional: float = 40_000.0, **more: Any) -> Any:
    """Three round trips: T0 over sessions 0–4, T0 again over 2–6, T1 over 3–8."""
    return orders(
        security=np.array([0, 0, 1]),
        known=np.array([0, 4, 6]),
        entry=np.array([0, 4, 6]),
        exit=np.array([9, 13, 17]),
        side=np.ones(3),
        notional=np.full(3, notional),
        **more,
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Capital(overlap="allow", max_gross=2.0), ["", "", ""]),
        (Capital(overlap="skip"), ["", HELD, ""]),
        (Capital(overlap="allow", max_positions=2), ["", "", FULL]),
        (Capital(overlap="allow", max_gross=0.8), ["", "", SPENT]),
        (Capital(overlap="allow", max_gross=0.4), ["", SPENT, SPENT]),
        (Capital(overlap="allow", max_gross=0.39), [LARGE, LARGE, LARGE]),
    ],
)
def test_what_the_capital_admits(rule: Capital, expected: list[str]) -> None:
    bars, wanted = walk(2), three()
    made = trade(bars, wanted)
    assert admitted(rule, 1e5, wanted, made, np.arange(3)) == expected


def test_a_hedge_takes_capital_too_and_a_group_stands_or_falls_together() -> None:
    bars = walk(2)
    against = {"hedge_security": np.array([3, 3, 3]), "hedge_ratio": np.array([1.0, 0.5, -1.0])}
    wanted = three(**against)
    made = trade(bars, wanted)
    allowed = Capital(overlap="allow", max_gross=1.4)
    assert admitted(allowed, 1e5, wanted, made, np.arange(3)) == ["", "", SPENT]
    assert admitted(allowed, 1e5, wanted, made, np.array([0, 1, 1])) == ["", SPENT, SPENT]


def test_money_comes_back_in_the_auction_after() -> None:
    """Left at the close of session 4 (auction 9): room in auction 10, not in 9 itself."""
    bars = walk(2)
    for entry, expected in ((9, SPENT), (10, "")):
        wanted = orders(
            security=np.array([0, 1]),
            known=np.array([0, entry]),
            entry=np.array([0, entry]),
            exit=np.array([9, 20]),
            side=np.ones(2),
            notional=np.full(2, 1e5),
        )
        made = trade(bars, wanted)
        assert admitted(Capital(), 1e5, wanted, made, np.arange(2)) == ["", expected]


@quick
@given(seed=st.integers(0, 10_000), gross=st.floats(0.1, 4.0), most=st.integers(1, 6))
def test_no_more_is_open_than_may_be(seed: int, gross: float, most: int) -> None:
    bars = walk(seed)
    wanted = some_orders(seed, bars, 40)
    made = trade(bars, wanted)
    rule = Capital(max_gross=gross, max_positions=most, overlap="skip")
    taken = np.array([not why for why in admitted(rule, 1e5, wanted, made, np.arange(40))])
    money = wanted.notional * (1 + np.abs(wanted.hedge_ratio) * (wanted.hedge_security >= 0))
    first, last = made.main.entry, np.maximum(made.main.exit, made.hedge.exit)
    for auction in range(2 * bars.shape[1]):
        now = taken & made.traded & (first <= auction) & (last >= auction)
        assert money[now].sum() <= gross * 1e5 * (1 + 1e-9)
        assert now.sum() <= most
        held = wanted.security[now].tolist()
        assert len(held) == len(set(held))


def test_the_book_by_hand() -> None:
    """10 bought at 105 and left at 120; 5 of the other sold short at 50 and still open."""
    bars = bars_of(
        [[100.0, 110.0, 121.0, 110.0], [50.0, 50.0, 51.0, 52.0]],
        open=[[99.0, 105.0, 115.0, 120.0], [50.0, 50.0, 50.0, 51.0]],
    )
    wanted = orders(
        security=np.array([0, 1]),
        known=np.array([2, 3]),
        entry=np.array([2, 3]),
        exit=np.array([6, 40]),
        side=np.array([1.0, -1.0]),
        notional=np.array([1050.0, 250.0]),
    )
    book = equity_of(trade(bars, wanted), 1_000.0)
    assert book.equity.tolist() == [1000.0, 1050.0, 1155.0, 1140.0]
    assert book.long.tolist() == [0.0, 1100.0, 1210.0, 0.0]
    assert book.short.tolist() == [0.0, 250.0, 255.0, 260.0]
    assert book.cash.tolist() == [1000.0, 200.0, 200.0, 1400.0]
    assert book.margin.tolist() == pytest.approx([0.0, 350.0, 379.0, 78.0])
    assert book.positions.tolist() == [0, 2, 2, 1]
    assert book.traded.tolist() == [0.0, 1300.0, 0.0, 1200.0]
    assert book.drawdown.tolist() == pytest.approx([0.0, 0.0, 0.0, 1140.0 / 1155.0 - 1.0])


def test_a_position_of_one_session_alone_is_at_work_too() -> None:
    """10 bought at 105 and 20 of the other sold short at 50, both left at the close of the day."""
    bars = bars_of(
        [[100.0, 110.0, 121.0], [50.0, 49.0, 51.0]],
        open=[[99.0, 105.0, 115.0], [50.0, 50.0, 50.0]],
    )
    wanted = orders(
        security=np.array([0, 1]),
        known=np.array([1, 1]),
        entry=np.array([2, 2]),
        exit=np.array([3, 3]),
        side=np.array([1.0, -1.0]),
        notional=np.array([1050.0, 1000.0]),
    )
    book = equity_of(trade(bars, wanted), 10_000.0)
    assert book.equity.tolist() == [10_000.0, 10_070.0, 10_070.0]
    assert (book.long + book.short).tolist() == [0.0, 0.0, 0.0]
    assert book.within.tolist() == book.at_work.tolist() == [0.0, 2050.0, 0.0]
    assert book.margin.tolist() == pytest.approx([0.0, 0.25 * 1050 + 0.30 * 1000, 0.0])


def test_capacity_is_where_impact_eats_the_rest() -> None:
    """At (A/I)² times the size nothing is left: traded at that size, net is nothing."""
    bars = walk(11, sessions=80)
    costs = Costs(commission=0.0001, impact=Liquidity.of(bars).impact(1.0))
    all_ = some_orders(3, bars, 60, hedged=False)
    single = trade(bars, all_, costs)
    wanted = all_.take((single.net > 0) & (single.impact > 0))
    made = trade(bars, wanted, costs)
    found = capacity_of(made, 1e6, np.full(len(wanted), np.nan))
    scale = found.gone / 1e6
    at_the_end = trade(bars, wanted.sized(wanted.notional * scale), costs)
    assert at_the_end.net.sum() == pytest.approx(0.0, abs=1e-6 * at_the_end.gross.sum())
    around = [0.98, 1.0, 1.02]
    most = [
        trade(bars, wanted.sized(wanted.notional * scale * 4 / 9 * one), costs).net.sum()
        for one in around
    ]
    assert max(most) == most[1]
    assert found.most == pytest.approx(found.gone * 4 / 9)


def test_there_is_no_capacity_without_an_edge() -> None:
    bars = walk(11)
    wanted = some_orders(3, bars, 30, hedged=False)
    single = trade(bars, wanted)
    adv = np.full(30, 1e6)
    losing = trade(bars, wanted.take(single.net < 0))
    assert math.isnan(capacity_of(losing, 1e6, adv[: len(losing.net)]).gone)
    free = trade(bars, wanted.take(single.net > 0))
    found = capacity_of(free, 1e6, adv[: len(free.net)])
    assert math.isinf(found.gone)
    largest = wanted.take(single.net > 0).notional.max()
    assert found.known_to == pytest.approx(1e6 * 0.1 / (largest / 1e6))


def test_few_trades_prove_nothing() -> None:
    bars = walk(6, sessions=200)
    few = trade(bars, some_orders(1, bars, 12))
    assert verdict(few).startswith("Nothing can be concluded from 12 trades on ")
    none = trade(bars, some_orders(1, bars, 1).sized(np.zeros(1)))
    told = "Nothing was traded, so nothing can be concluded: "
    assert verdict(none) == f"{told}no announcement meets the condition."
    assert verdict(none, ["rare", "often", "often"]) == f"{told}often (2 of 3 chosen)."
    many = trade(bars, some_orders(1, bars, 300))
    assert verdict(many).startswith("300 trades on ")
    assert "t = " in verdict(many)
    assert "how many rules were tried" in verdict(many)
