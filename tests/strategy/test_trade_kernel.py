"""Round trips worked out by hand, and what must hold of any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.book import bars_of, some_orders, walk
from support.studies import quick

from backtest.strategy import status
from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import Costs, Liquidity
from backtest.strategy.kernel import Trades, daily, trade
from backtest.strategy.orders import Orders, orders

NAN = float("nan")
CLOSES = [[100.0, 110.0, 121.0, 110.0, 99.0], [50.0, 50.0, 51.0, 51.0, 52.0]]
OPENS = [[99.0, 105.0, 115.0, 120.0, 100.0], [50.0, 50.0, 50.0, 51.0, 51.0]]


def one(
    entry: int, exit_: int, side: float = 1.0, notional: float = 1050.0, **more: object
) -> Orders:
    given = {name: np.array([value]) for name, value in more.items()}
    return orders(
        security=given.pop("security", np.array([0])),
        known=np.array([entry]),
        entry=np.array([entry]),
        exit=np.array([exit_]),
        side=np.array([side]),
        notional=np.array([notional]),
        **given,  # type: ignore[arg-type]
    )


def test_from_open_to_close_by_hand() -> None:
    """10 shares bought at the open of session 1 for 105, sold at the close of session 2 for 121."""
    made = trade(bars_of(CLOSES, open=OPENS), one(2, 5))
    assert made.status.tolist() == [status.FILLED]
    assert made.main.shares.tolist() == [10.0]
    assert made.net.tolist() == [160.0]
    assert daily(made).tolist() == [0.0, 50.0, 110.0, 0.0, 0.0]


def test_a_short_pays_the_dividend_and_gains_from_the_fall() -> None:
    """Sold at the close of 121, bought back at 99; 0.5 a share goes ex on the session between."""
    dividend = [[0.0, 0.0, 9.0, 0.5, 0.0], [0.0] * 5]
    bars = bars_of(CLOSES, open=OPENS, dividend=dividend)
    made = trade(bars, one(5, 9, side=-1.0, notional=1210.0))
    assert made.moved.tolist() == [220.0]
    assert made.dividends.tolist() == [-5.0]
    assert daily(made).tolist() == [0.0, 0.0, 0.0, 105.0, 110.0]


def test_a_hedge_is_held_between_the_same_auctions() -> None:
    """1,050 long from 105 to 121, half as much of the other short from 50 to 51."""
    made = trade(bars_of(CLOSES, open=OPENS), one(2, 5, hedge_security=1, hedge_ratio=0.5))
    assert made.hedge.shares.tolist() == [-10.5]
    assert made.hedge_pnl.tolist() == [-10.5]
    assert made.hedged.tolist() == [149.5]


def test_costs_by_hand() -> None:
    """10 bp commission and 20 bp half spread of 1,050 in and 1,210 out; no fee for a long."""
    costs = Costs(commission=0.001, half_spread=0.002, borrow=0.365)
    made = trade(bars_of(CLOSES, open=OPENS), one(2, 5), costs)
    assert made.commission == pytest.approx([2.26], abs=1e-12)
    assert made.spread == pytest.approx([4.52], abs=1e-12)
    assert made.borrow.tolist() == [0.0]
    assert made.net == pytest.approx([160.0 - 6.78], abs=1e-12)


def test_the_borrow_fee_runs_over_nights_and_weekends() -> None:
    """Short 10 from Thursday's close to Monday's: one night at 110, three at 99, 0.1 % a day."""
    bars = bars_of(CLOSES, open=OPENS, first="2025-09-08")
    made = trade(bars, one(7, 9, side=-1.0, notional=1100.0), Costs(borrow=0.365))
    assert made.borrow == pytest.approx([1.10], abs=1e-12)
    longer = bars_of([[*CLOSES[0], 100.0]])
    held = trade(longer, one(7, 11, side=-1.0, notional=1100.0), Costs(borrow=0.365))
    assert held.borrow == pytest.approx([1.10 + 3 * 0.99], abs=1e-12)


def test_impact_grows_with_the_root_of_the_size() -> None:
    """Cost of one fill = Y σ √(value ÷ ADV) · value, so four times the size costs eight times."""
    bars = walk(3)
    liquidity = Liquidity.of(bars)
    session, row = 40, 2
    window = slice(session - 20, session)
    adv = (bars.close * bars.volume)[row, window].mean()
    returns = bars.total_return[row, 20:40] / bars.total_return[row, 19:39] - 1.0
    costs = Costs(impact=liquidity.impact(0.7))
    made = [trade(bars, one(81, 83, notional=money, security=row), costs) for money in (1e5, 4e5)]
    fills = [out.main.entry_price[0] * out.main.shares[0] for out in made]
    into = [out.main.charged(costs)[0][2][0] for out in made]
    assert fills == pytest.approx([1e5, 4e5])
    assert into[0] == pytest.approx(0.7 * returns.std(ddof=1) * np.sqrt(1e5 / adv) * 1e5)
    assert into[1] == pytest.approx(8.0 * into[0])


def test_a_stop_is_seen_at_the_close_and_filled_at_the_next_open() -> None:
    """Long from 121; 110 is 9.1 % below, so 9 % stops at the open behind it, 100, not at 110."""
    bars = bars_of(CLOSES, open=OPENS)
    stopped = trade(bars, one(5, 9, notional=1210.0, stop=0.09))
    assert stopped.main.exit.tolist() == [8]
    assert stopped.main.exit_price.tolist() == [100.0]
    kept = trade(bars, one(5, 9, notional=1210.0, stop=0.10))
    assert kept.main.exit.tolist() == [9]
    reached = trade(bars, one(5, 9, side=-1.0, notional=1210.0, target=0.09))
    assert reached.main.exit.tolist() == [8]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"open": [[99.0, NAN, 115.0, 120.0, 100.0], OPENS[1]]}, status.NO_OPEN),
        ({"volume": [[9.0, 0.0, 9.0, 9.0, 9.0], [9.0] * 5]}, status.NO_VOLUME),
    ],
)
def test_auctions_that_fill_nothing(change: dict[str, object], code: int) -> None:
    made = trade(bars_of(CLOSES, **{"open": OPENS, **change}), one(2, 5))
    assert made.status.tolist() == [code]
    assert (made.net[0], made.main.shares[0]) == (0.0, 0.0)
    assert not daily(made).any()


def test_nobody_sells_on_a_limit_up_day_but_buyers_are_there() -> None:
    closes = [[100.0, 110.0, 121.0]]
    bars = bars_of(closes, open=closes, high=closes, low=closes)
    assert trade(bars, one(3, 5)).status.tolist() == [status.LOCKED]
    assert trade(bars, one(3, 5, side=-1.0)).status.tolist() == [status.OPEN_AT_END]
    down = bars_of([[100.0, 90.0, 80.0]], high=[[100.0, 90.0, 80.0]], low=[[100.0, 90.0, 80.0]])
    assert trade(down, one(3, 5)).status.tolist() == [status.OPEN_AT_END]
    assert trade(down, one(3, 5, side=-1.0)).status.tolist() == [status.LOCKED]


def test_an_exit_waits_for_an_auction_that_fills() -> None:
    opens = [[*OPENS[0][:3], NAN, 100.0], OPENS[1]]
    made = trade(bars_of(CLOSES, open=opens), one(2, 6))
    assert made.status.tolist() == [status.LATE]
    assert made.main.exit.tolist() == [7]
    assert made.main.exit_price.tolist() == [110.0]


def test_what_is_held_at_the_end_is_valued_and_not_charged_for_leaving() -> None:
    bars = bars_of([[100.0, 110.0, NAN, NAN]])
    made = trade(bars, one(1, 40, notional=1000.0), Costs(commission=0.001))
    assert made.status.tolist() == [status.OPEN_AT_END]
    assert made.net == pytest.approx([100.0 - 1.0])
    assert daily(made) == pytest.approx([-1.0, 100.0, 0.0, 0.0])


def test_orders_that_cannot_be() -> None:
    bars = bars_of(CLOSES, open=OPENS)
    assert trade(bars, one(90, 95)).status.tolist() == [status.OUTSIDE]
    assert trade(bars, one(2, 5, security=-1)).status.tolist() == [status.NO_SECURITY]
    assert trade(bars, one(2, 5, notional=0.0)).status.tolist() == [status.NOTHING]
    missing = [CLOSES[0], [50.0, NAN, 51.0, 51.0, 52.0]]
    made = trade(bars_of(missing), one(2, 5, hedge_security=1, hedge_ratio=1.0))
    assert made.status.tolist() == [status.NO_HEDGE]


def test_an_order_before_it_is_known_cannot_be_made() -> None:
    good = one(4, 9)
    with pytest.raises(ValueError, match="before it could be decided"):
        replace(good, known=np.array([5]))
    with pytest.raises(ValueError, match="before it is entered"):
        replace(good, exit_session=np.array([1]))


COSTS = {"commission": 0.0005, "half_spread": 0.001, "borrow": 0.03}


def costs_of(bars: TradeBars) -> Costs:
    return Costs(**COSTS, impact=Liquidity.of(bars).impact(1.0))


def money(made: Trades) -> dict[str, np.ndarray]:
    return {
        name: getattr(made, name)
        for name in ("gross", "hedge_pnl", "commission", "spread", "impact", "borrow", "net")
    }


@quick
@given(seed=st.integers(0, 10_000))
def test_the_days_add_up_to_the_trades(seed: int) -> None:
    bars = walk(seed)
    made = trade(bars, some_orders(seed, bars), costs_of(bars))
    assert daily(made).sum() == pytest.approx(made.net.sum(), rel=1e-9, abs=1e-6)


@quick
@given(seed=st.integers(0, 10_000))
def test_long_and_short_of_the_same_rule_are_nothing_without_costs(seed: int) -> None:
    bars = walk(seed)
    long = some_orders(seed, bars)
    short = replace(long, side=-long.side)
    both = trade(bars, long), trade(bars, short)
    assert both[0].net == pytest.approx(-both[1].net, rel=1e-12, abs=1e-9)
    assert daily(both[0]) == pytest.approx(-daily(both[1]), rel=1e-12, abs=1e-9)


@quick
@given(seed=st.integers(0, 10_000))
def test_costs_only_lower_what_is_earned(seed: int) -> None:
    bars = walk(seed)
    wanted = some_orders(seed, bars)
    free, paid = trade(bars, wanted), trade(bars, wanted, costs_of(bars))
    assert (paid.net <= free.net).all()
    assert (paid.gross == free.gross).all()
    assert (paid.net[paid.traded] < free.net[paid.traded]).all()


@quick
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 1_000.0))
def test_more_capital_earns_in_proportion_without_impact(seed: int, factor: float) -> None:
    bars = walk(seed)
    wanted = some_orders(seed, bars)
    small = trade(bars, wanted, Costs(**COSTS))
    large = trade(bars, wanted.sized(wanted.notional * factor), Costs(**COSTS))
    for name, value in money(small).items():
        assert getattr(large, name) == pytest.approx(value * factor, rel=1e-9, abs=1e-9), name


@quick
@given(seed=st.integers(0, 10_000), weeks=st.integers(1, 200))
def test_the_same_prices_in_other_years_earn_the_same(seed: int, weeks: int) -> None:
    bars = walk(seed)
    later = replace(bars, sessions=bars.sessions + np.timedelta64(7 * weeks, "D"))
    wanted = some_orders(seed, bars)
    then, now = trade(bars, wanted, costs_of(bars)), trade(later, wanted, costs_of(later))
    for name, value in money(then).items():
        assert np.array_equal(getattr(now, name), value), name


@quick
@given(seed=st.integers(0, 10_000), split=st.integers(22, 58))
def test_no_bit_of_a_past_trade_depends_on_the_future(seed: int, split: int) -> None:
    """All bars from one session on are replaced; what was left before is the same to the bit."""
    bars, other = walk(seed), walk(seed + 1)
    future = np.arange(bars.shape[1]) >= split
    changed = replace(
        bars,
        **{
            name: np.where(future, getattr(other, name) * 3.0, getattr(bars, name))
            for name in ("open", "high", "low", "close", "total_return", "volume", "dividend")
        },
    )
    wanted = some_orders(seed, bars, 60)
    stops = np.where(np.arange(60) % 2 == 0, 0.03, NAN)
    wanted = replace(wanted, stop=stops, target=np.full(60, 0.05))
    then, now = trade(bars, wanted, costs_of(bars)), trade(changed, wanted, costs_of(changed))
    past = then.traded & (np.maximum(then.main.exit, then.hedge.exit) < 2 * split)
    assert past.any()
    for name, value in money(then).items():
        assert np.array_equal(getattr(now, name)[past], value[past]), name
    assert np.array_equal(now.main.exit[past], then.main.exit[past])
    own = wanted.take(past)
    old, new = trade(bars, own, costs_of(bars)), trade(changed, own, costs_of(changed))
    assert np.array_equal(daily(old)[:split], daily(new)[:split])
