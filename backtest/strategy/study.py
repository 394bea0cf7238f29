"""Trading a study: the only file that knows the order of things.

study ─► bars ─► candidates ─► orders ─► fills ─► one book ─► tables
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from backtest.contracts import EQUITY, TRADES
from backtest.engine.arrays import Bools, Floats, Ints
from backtest.errors import DataUnavailable
from backtest.plan import Plan
from backtest.results.pool_members import home
from backtest.results.result import StudyResult
from backtest.results.source import pool_tickers
from backtest.strategy import status
from backtest.strategy.abnormal import LINES, abnormal_pnl
from backtest.strategy.absent_roles import absent_roles
from backtest.strategy.assemble import equity_table, trades_table, untraded_table
from backtest.strategy.bar_source import Loaded, load_bars
from backtest.strategy.candidates import Candidates, candidates, refuse_hindsight
from backtest.strategy.charges import costs_of
from backtest.strategy.check import check_rules
from backtest.strategy.costs import Liquidity
from backtest.strategy.hedge import funds_of
from backtest.strategy.kernel import trade
from backtest.strategy.load import LoadedStrategy
from backtest.strategy.moments import known_roles, read_moments
from backtest.strategy.money_at_start import refuse_capital
from backtest.strategy.portfolio import admitted, equity_of
from backtest.strategy.rules import CAPITAL, FILL, Book, Left, Planned, plan_orders
from backtest.strategy.tables import Traded, TradeResult
from backtest.strategy.tried import Part
from backtest.study import run_study

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock


NO_SECTORS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Market:
    """What strategies are traded on.

    Attributes:
        result: the study.
        moments: when each event × ticker was announced.
        clock: of the exchange that is traded on.
        currency: of all money.
        loaded: its bars.
        book: the same with what is known of them.
        part: of which calendar the events are, for the count of trials.
    """

    result: StudyResult
    moments: pl.DataFrame
    clock: SessionClock
    currency: str
    loaded: Loaded
    book: Book
    part: Part

    def candidates(self, latency: float) -> Candidates:
        """Return who could be traded by orders that take `latency` minutes."""
        return candidates(self.result, self.moments, self.book.bars, self.clock, latency)


def trade_market(market: Market, strategies: Sequence[LoadedStrategy]) -> TradeResult:
    """Trade strategies on an open market, each with a capital of its own.

    Raises:
        BadInput: a condition that cannot be read.
    """
    return _result(market, [trade_strategy(one, market) for one in strategies])


def open_market(
    plan: Plan,
    events: Path,
    strategies: Sequence[LoadedStrategy],
    *,
    selection: Sequence[str] = (),
    capital: float = 1e6,
    sectors: Mapping[str, str] = NO_SECTORS,
    cache_dir: Path | None = None,
) -> Market:
    """Run the study and read the bars that the strategies need.

    Args:
        plan: the study.
        events: where its events are.
        strategies: the rules.
        selection: which announcements.
        capital: money of each strategy at the start.
        sectors: from ticker to sector, for hedges by sector.
        cache_dir: the cache folder, None to keep nothing.

    Raises:
        BadUsage: a study whose estimates nobody could have had, or a capital that is none.
        BadInput: a condition that cannot be read.
        DataUnavailable: prices that could not be had.
    """
    import polars as pl

    refuse_capital(capital)
    refuse_hindsight(plan.spec)
    moments = read_moments(events, plan.clocks, selection=selection, cache_dir=cache_dir)
    check_rules(strategies, moments, lambda: known_roles(events, cache_dir))
    result = run_study(plan)
    observed = result.observations.filter(~pl.col("alternative"))
    if observed.is_empty():
        raise DataUnavailable.because("nothing-to-trade", "no event names a listed security")
    # One book is in one currency: that of the exchange most observations with prices are on.
    priced = observed.join(result.fits, on=["event_id", "ticker"], how="semi")
    some = priced if len(priced) else observed
    exchange = some["exchange"].mode().sort()[0]
    own = observed.filter(pl.col("exchange") == exchange)
    clock = plan.clocks.of(exchange)
    wanted = {*own["ticker"].to_list(), plan.spec.benchmark}
    pool: list[str] = []
    for one in strategies:
        wanted |= funds_of(one.strategy.hedge)
        if one.strategy.hedge.by == "matched" and not pool:
            pool = [name for name in pool_tickers(plan.source) if home(name) == exchange]
    loaded = load_bars(plan.source, {*wanted, *pool}, clock)
    bars = loaded.bars
    return Market(
        result,
        moments,
        clock,
        some.filter(pl.col("exchange") == exchange)["currency"].mode().sort()[0],
        loaded,
        Book(
            bars,
            Liquidity.of(bars),
            int(bars.rows([plan.spec.benchmark])[0]),
            capital,
            sectors,
            _may_hedge(bars.tickers, exchange, plan.spec.benchmark),
        ),
        Part.of(events, selection),
    )


def trade_strategy(loaded: LoadedStrategy, market: Market) -> tuple[Traded, Candidates]:
    """Trade one strategy: order, fill, ask the capital, and keep the book."""
    strategy, book = loaded.strategy, market.book
    given = market.candidates(strategy.latency_minutes)
    planned = plan_orders(loaded, given, book)
    costs = costs_of(strategy.costs, book.bars, book.known)
    alone = trade(book.bars, planned.orders, costs)
    refused = admitted(strategy.capital, book.capital, planned.orders, alone, planned.group)
    taken: Bools = alone.traded & np.array([not why for why in refused], dtype=np.bool_)
    at = np.flatnonzero(taken)
    lost = _unfilled(planned.place, alone.status, refused)
    made = trade(book.bars, planned.orders.take(at), costs)
    alpha, beta = _coefficients(market.result, given, planned.place[at])
    traded = Traded(
        strategy,
        replace(planned, dropped=(*planned.dropped, *lost)),
        made,
        at,
        equity_of(made, book.capital),
        abnormal_pnl(made, book.benchmark, alpha, beta),
        book.known.adv[made.main.row, made.main.entry // 2],
        _uncapped(loaded, given, book, planned)[at],
    )
    return traded, given


def _uncapped(loaded: LoadedStrategy, given: Candidates, book: Book, planned: Planned) -> Floats:
    """Return (N,) the money that the planned orders would get without a cap on their volume."""
    size = loaded.strategy.size
    if size.adv_cap is None:
        return planned.orders.notional
    free = {"size": size.model_copy(update={"adv_cap": None})}
    other = replace(loaded, strategy=loaded.strategy.model_copy(update=free))
    return plan_orders(other, given, book, told=False).orders.notional


def _unfilled(place: Ints, code: Ints, refused: list[str]) -> list[Left]:
    """Say what was not filled, and what the capital refused."""
    lost = np.flatnonzero(~status.is_trade(code))
    told = [Left(int(place[at]), FILL, status.TOLD[int(code[at])]) for at in lost]
    return told + [Left(int(place[at]), CAPITAL, why) for at, why in enumerate(refused) if why]


def _coefficients(result: StudyResult, given: Candidates, place: Ints) -> tuple[Floats, Floats]:
    """Return α and β of the study's first model, NaN where it is no line on the benchmark."""
    model = result.spec.models[0]
    if model not in LINES:
        nothing = np.full(len(place), np.nan)
        return nothing, nothing
    frame = given.frame[place]
    alpha, beta = (
        frame[name].cast(float).fill_null(float("nan")).to_numpy() for name in ("alpha", "beta")
    )
    if model == "market_adjusted":
        return np.zeros(len(place)), np.ones(len(place))
    return alpha, np.zeros(len(place)) if model == "mean" else beta


def _may_hedge(tickers: Sequence[str], exchange: str, benchmark: str) -> Bools:
    return np.array([home(one) == exchange and one != benchmark for one in tickers], dtype=np.bool_)


def _result(market: Market, made: Sequence[tuple[Traded, Candidates]]) -> TradeResult:
    import polars as pl

    trades = [trades_table(one, given) for one, given in made if len(one.admitted)]
    equity = [equity_table(one) for one, _ in made if len(one.admitted)]
    left = [row for one, given in made for row in _left(one, given)]
    result = market.result
    return TradeResult(
        market.book.capital,
        market.currency,
        tuple(one for one, _ in made),
        pl.concat(trades) if trades else TRADES.empty(),
        pl.concat(equity) if equity else EQUITY.empty(),
        untraded_table(left),
        result.provenance,
        tuple(
            dict.fromkeys(
                [
                    *result.warnings,
                    *market.loaded.notes,
                    *_abroad(market),
                    *_called(made),
                    *_unmeasured(made),
                    *(
                        note
                        for one, given in made
                        for note in absent_roles(one.strategy, one.planned, given)
                    ),
                ]
            )
        ),
    )


def _left(one: Traded, given: Candidates) -> list[tuple[str, str, str, str, str]]:
    rows = given.frame.select("event_id", "ticker").rows()
    return [
        (one.strategy.id, *rows[left.place], left.stage, left.reason)
        for left in one.planned.dropped
    ]


def _called(made: Sequence[tuple[Traded, Candidates]]) -> list[str]:
    """Say which books a broker would have closed: no trade after that could have been made."""
    out = []
    for one, _ in made:
        short = np.flatnonzero(one.equity.margin > one.equity.equity)
        if len(short):
            day = one.trades.bars.sessions[short[0]]
            out.append(
                f"{one.strategy.id}: on {day} the book had less than the margin it needs; a broker "
                "would have closed it, and what it shows after that could not be had"
            )
    return out


def _unmeasured(made: Sequence[tuple[Traded, Candidates]]) -> list[str]:
    """Say where impact is not charged because nobody knows how much trades."""
    wanting = [one for one, _ in made if one.strategy.costs.impact]
    count = sum(int(np.isnan(one.adv).sum()) for one in wanting)
    if not count:
        return []
    told = "1 trade has" if count == 1 else f"{count:,} trades have"
    return [f"{told} no price impact: no volumes are known before"]


def _abroad(market: Market) -> list[str]:
    """Say who is traded elsewhere, in other money."""
    import polars as pl

    mic = market.clock.exchange.mic
    other = market.result.observations.filter(pl.col("exchange") != mic)["ticker"]
    names = [name for name, _ in Counter(other.to_list()).most_common(4)]
    if not names:
        return []
    more = " and more" if other.n_unique() > len(names) else ""
    return [
        f"one book trades on one exchange, {mic} in {market.currency}; nothing is converted, so "
        f"{', '.join(names)}{more} are left out"
    ]
