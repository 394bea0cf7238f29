"""Books as evidence: sessions from the equity, trials counted, placebos drawn, tables complete."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from support.traded import rule, shipped_rule

from backtest.contracts import PERFORMANCE
from backtest.report._trades import show_trades
from backtest.strategy.assemble import span
from backtest.strategy.charges import half_spread
from backtest.strategy.judged import Judged, book_of, judge, key_of
from backtest.strategy.load import LoadedStrategy
from backtest.strategy.study import Market, trade_market
from backtest.strategy.tried import Tried


@pytest.fixture(scope="module")
def judged(market: Market, shipped_rules: list[LoadedStrategy]) -> Judged:
    return judge(trade_market(market, shipped_rules), market, Tried(None), runs=99)


def test_sessions_compound_to_the_equity(judged: Judged) -> None:
    for one in judged.result.strategies:
        book, (first, last) = book_of(one), span(one)
        assert len(book.returns) == last - first + 1
        worth = judged.result.capital * np.cumprod(1 + book.returns)
        np.testing.assert_allclose(worth, one.equity.equity[first : last + 1])
        assert (book.exposure >= 0).all()


def test_measures_follow_from_the_tables(judged: Judged) -> None:
    for one in judged.strategies:
        own = pl.col("strategy") == one.id
        trades = judged.result.trades.filter(own)
        equity = judged.result.equity.filter(own)
        found = one.measures
        assert found.trades == trades.height
        assert found.hit_rate == pytest.approx((trades["net"] > 0).mean())
        assert found.total_return == pytest.approx(trades["net"].sum() / judged.result.capital)
        assert found.drawdown.depth == pytest.approx(equity["drawdown"].min())
        assert found.sessions == equity.height


def test_the_placebo_s_trades_are_the_book_s(judged: Judged) -> None:
    for one, traded in zip(judged.strategies, judged.result.strategies, strict=True):
        assert one.placebo is not None
        assert one.placebo.left_out == 0
        assert one.placebo.observed == pytest.approx(traded.trades.net.sum())
        assert len(one.placebo.draws) == 99
    assert judged.placebo.height == 4 * 99


def test_the_placebo_s_trades_are_the_book_s_while_some_are_open(
    market: Market, tmp_path: Path
) -> None:
    held = rule(tmp_path, "where: role = 'counterparty'\nexit: {after: 2000}\n", "held")
    found = judge(trade_market(market, [held]), market, Tried(None), runs=9).strategies[0]
    assert found.placebo is not None
    assert found.placebo.left_out == 0
    traded = trade_market(market, [held]).strategies[0].trades
    assert not traded.main.closed.all()
    assert found.placebo.observed == traded.net.sum()


def test_a_value_is_there_or_a_reason(judged: Judged, market: Market, tmp_path: Path) -> None:
    nothing = rule(tmp_path, "where: role = 'nobody'\nexit: {after: 3}\n")
    single = rule(
        tmp_path,
        "where: ticker = 'ORCL' AND ar > 0.3\nexit: {after: 3}\nentry: {at: next_open}\n",
        "single",
    )
    few = judge(trade_market(market, [nothing, single]), market, Tried(None), runs=9)
    for table in (judged.performance, few.performance):
        assert (table["value"].is_not_null() ^ table["reason"].is_not_null()).all()
    for reason in few.performance.filter(pl.col("strategy") == "mine")["reason"].drop_nulls():
        assert len(reason) > 10
    assert few.performance.group_by("strategy").len()["len"].n_unique() == 1
    assert set(judged.performance.columns) == set(PERFORMANCE.names)


def test_all_that_were_run_together_are_trials(judged: Judged) -> None:
    assert [one.tried.here for one in judged.strategies] == [4] * 4
    assert all(one.measures.deflated.trials == 4 for one in judged.strategies)


def test_what_trades_nothing_is_no_trial(market: Market, tmp_path: Path) -> None:
    nothing = rule(tmp_path, "where: role = 'nobody'\nexit: {after: 3}\n")
    rules = [nothing, shipped_rule("fade-one-day-pops")]
    found = judge(trade_market(market, rules), market, Tried(tmp_path), runs=0)
    assert [one.tried.here for one in found.strategies] == [1, 1]
    assert found.strategies[1].measures.deflated.trials == 1


def test_a_name_makes_no_other_trial_and_a_figure_does(market: Market) -> None:
    own, spec = shipped_rule("fade-one-day-pops").strategy, market.result.spec
    renamed = own.model_copy(update={"id": "other", "title": "Another", "why": None})
    assert key_of(renamed, spec) == key_of(own, spec)
    moved = own.model_copy(update={"where": "ar > 0.06"})
    assert key_of(moved, spec) != key_of(own, spec)
    assert key_of(own, replace(spec, benchmark="QQQ")) != key_of(own, spec)


def test_without_runs_there_is_no_placebo(market: Market) -> None:
    found = judge(
        trade_market(market, [shipped_rule("fade-one-day-pops")]), market, Tried(None), runs=0
    )
    assert found.strategies[0].placebo is None
    assert found.placebo.is_empty()
    assert "placebo_p" not in found.performance["measure"].to_list()


def test_it_is_written_and_told_whole(judged: Judged, tmp_path: Path) -> None:
    written = judged.write(tmp_path)
    assert {path.stem for path in written} == {
        *("trades", "equity", "untraded", "performance", "placebo")
    }
    for path in written:
        assert pl.read_parquet(path).equals(judged.tables[path.stem])
    document = json.loads(json.dumps(judged.as_dict(), default=str, allow_nan=False))
    assert document["strategies"][0]["tried"] == {
        **dict.fromkeys(("here", "calendar", "everywhere"), 4),
        "kept": False,
    }
    assert len(document["tables"]["performance"]) == judged.performance.height


def test_from_the_day_the_capital_is_lost_there_are_no_returns(market: Market) -> None:
    """Equity that falls below nothing has no returns more, though it should rise again."""
    one = trade_market(market, [shipped_rule("round-trip-to-the-cut")]).strategies[0]
    first, _ = span(one)
    pnl = one.equity.pnl.copy()
    pnl[first + 5], pnl[first + 8] = -2e6, 5e6
    equity = replace(one.equity, pnl=pnl, equity=1e6 + np.cumsum(pnl))
    book = book_of(replace(one, equity=equity))
    assert np.isfinite(book.returns[:5]).all()
    for values in (book.returns, book.exposure, book.traded):
        assert np.isnan(values[5:]).all()
    assert book.lost == f"the capital was lost on {market.book.bars.sessions[first + 5]}"


def test_where_no_trade_is_open_nothing_is_held(judged: Judged) -> None:
    """What rounding leaves of shares that were bought and sold is no position."""
    for one, traded in zip(judged.strategies, judged.result.strategies, strict=True):
        table = judged.equity.filter(pl.col("strategy") == one.id)
        flat = table.filter(pl.col("positions") == 0)
        assert flat.height
        assert (flat["long"] == 0.0).all()
        assert (flat["short"] == 0.0).all()
        assert (flat["margin"] == 0.0).all()
        assert one.measures.invested == (table["positions"] > 0).mean()
        assert not traded.equity.pnl[: span(traded)[0]].any()


def test_a_ruined_book_has_a_reason_for_every_measure_of_its_equity(
    market: Market, tmp_path: Path
) -> None:
    """Orders of 300 % of the capital, some thirty at once: equity goes below nothing and back."""
    wild = rule(
        tmp_path,
        "where: role = 'counterparty'\nexit: {after: 60}\nsize: {rule: percent, value: 3}\n"
        "capital: {max_gross: 100, overlap: allow}\n",
    )
    found = judge(trade_market(market, [wild]), market, Tried(None), runs=0)
    assert found.equity["equity"].min() < 0.0
    lost = found.equity.filter(pl.col("equity") <= 0.0)["date"][0]
    rows = {one["measure"]: one for one in found.performance.to_dicts()}
    without = {name for name, one in rows.items() if one["value"] is None}
    assert without == {
        *("total_return", "annual_return", "volatility", "turnover", "exposure", "invested"),
        *("sharpe", "sharpe_autocorrelated", "sortino", "sortino_autocorrelated"),
        *("probabilistic_sharpe", "deflated_sharpe", "skewness", "kurtosis"),
    }
    assert {rows[name]["reason"] for name in without} == {f"the capital was lost on {lost}"}
    assert rows["drawdown"]["value"] == found.equity["drawdown"].min() < -1.0
    json.dumps(found.strategies[0].measures.as_dict(), allow_nan=False)
    printed = io.StringIO()
    show_trades(found, printed)
    assert f"returns  none: the capital was lost on {lost}" in printed.getvalue()
    assert "nan" not in printed.getvalue()


@pytest.mark.parametrize("spread", ["corwin_schultz", "abdi_ranaldo"])
def test_estimated_spreads_are_charged(market: Market, tmp_path: Path, spread: str) -> None:
    """Each trade pays what was estimated before its fills, in and out."""
    text = "where: role = 'counterparty'\nexit: {after: 5}\n"
    own = rule(tmp_path, f"{text}costs: {{spread: {spread}, half_spread_bps: 7}}\n")
    made = trade_market(market, [own]).strategies[0].trades
    bars = market.book.bars
    estimated = half_spread(own.strategy.costs, bars)
    assert isinstance(estimated, np.ndarray)
    assert (estimated[:, :13] == 7e-4).all()  # too little known: the fixed one
    assert np.isfinite(estimated).all()
    leg = made.main
    first, last = leg.sessions
    money = np.abs(leg.shares)
    paid = money * leg.entry_price * estimated[leg.row, first]
    paid += money * leg.exit_price * estimated[leg.row, last]
    np.testing.assert_allclose(made.spread, paid)
    # Large listed companies: some basis points, not per cents.
    assert 1e-4 < np.median(estimated[:, 30:]) < 1e-2
