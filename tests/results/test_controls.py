"""Studies with control securities: what is read, who is chosen, what is computed anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from support.bulk import made_prices, sessions
from support.cli import CALENDAR
from support.lab import TICKERS, Lab, counts

import backtest as bt
from backtest.models.matched import NO_CONTROLS
from backtest.results.pool_members import home

PEERS = tuple(f"N{number}" for number in range(8))
DAYS = sessions()
BEFORE, AFTER = 261, 10


@pytest.fixture
def lab(tmp_path: Path, cache: Path) -> Lab:
    lab = Lab(tmp_path, cache)
    lab.prices = made_prices((*TICKERS, *PEERS))
    return lab


def readers(lab: Lab, place: int) -> int:
    days = (DAYS.index(day) for day in lab.events["date"])
    return sum(-BEFORE <= place - day <= AFTER for day in days)


def raised(lab: Lab, ticker: str, place: int) -> None:
    one = (pl.col("ticker") == ticker) & (pl.col("date") == DAYS[place])
    close = pl.when(one).then(pl.col("close") + 0.01).otherwise("close")
    lab.prices = lab.prices.with_columns(close=close)


def test_every_security_of_the_source_may_be_a_control(lab: Lab) -> None:
    """One event, so everybody else is free: seven peers and two of the others, or ten in all."""
    lab.events = lab.events.head(1)
    result = lab.check(model="matched")
    one = result.fits["coefficients"].struct.unnest().row(0, named=True)
    assert one["controls"] == len(PEERS) + len(TICKERS) - 1
    own = lab.prices.sort("ticker", "date").partition_by("ticker", as_dict=True)
    returns = {key[0]: own[key]["close"].pct_change().to_numpy() for key in own}
    at = DAYS.index(lab.events["date"][0])
    peers = np.mean([returns[name][at] for name in (*PEERS, "T1", "T2")], axis=0)
    row = result.abnormal_returns.filter(day=0).row(0, named=True)
    assert row["expected"] == pytest.approx(peers, abs=1e-15)
    assert row["abnormal"] == pytest.approx(returns["T0"][at] - peers, abs=1e-15)


def test_a_second_run_computes_nothing(lab: Lab) -> None:
    assert counts(lab.check(model="matched")) == (24, 0)
    assert counts(lab.run(model="matched", tests="sign")) == (0, 24)


@pytest.mark.parametrize("ticker", ["N3", "T1", "SPY"])
@pytest.mark.parametrize("place", [5, 20, 300, 447])
def test_a_corrected_price_of_anybody_recomputes_the_events_that_could_choose_it(
    lab: Lab, ticker: str, place: int
) -> None:
    lab.run(model="matched")
    lab.run()
    raised(lab, ticker, place)
    count = readers(lab, place)
    assert counts(lab.check(model="matched")) == (count, 24 - count)
    if ticker == "N3":
        assert counts(lab.check()) == (0, 24)


def test_prices_after_the_last_window_recompute_nothing(lab: Lab) -> None:
    everything = lab.prices
    last = DAYS[DAYS.index(max(lab.events["date"])) + AFTER]
    lab.prices = everything.filter(pl.col("date") <= last)
    lab.run(model="matched")
    lab.prices = everything
    assert counts(lab.check(model="matched")) == (0, 24)


@pytest.mark.parametrize("names", [{"N3": "Z3"}, {"N3": "N4", "N4": "N3"}, {"N7": "^N7"}])
def test_who_is_who_is_part_of_the_key(lab: Lab, names: dict[str, str]) -> None:
    lab.run(model="matched")
    lab.prices = lab.prices.with_columns(pl.col("ticker").replace(names))
    assert counts(lab.check(model="matched")) == (24, 0)


def test_a_new_security_is_a_new_candidate(lab: Lab) -> None:
    lab.run(model="matched")
    lab.prices = pl.concat([lab.prices, made_prices(["NEW"]).filter(ticker="NEW")])
    assert counts(lab.check(model="matched")) == (24, 0)


def test_a_new_security_without_prices_at_the_time_is_none(lab: Lab) -> None:
    last = DAYS.index(max(lab.events["date"])) + AFTER
    assert last + 1 < len(DAYS)
    lab.run(model="matched")
    late = made_prices(["NEW"]).filter(pl.col("ticker") == "NEW", pl.col("date") > DAYS[last])
    lab.prices = pl.concat([lab.prices, late])
    assert counts(lab.check(model="matched")) == (0, 24)


def test_an_event_that_moves_recomputes_those_that_it_bars_or_frees(lab: Lab) -> None:
    """Events of another security whose windows met the old or the new day, and itself."""
    lab.run(model="matched")
    old = DAYS.index(lab.events["date"][7])
    ticker = lab.events["ticker"][7]
    new = old - 30
    rest = [
        (own, DAYS.index(day))
        for event, own, day in lab.events.select("event_id", "ticker", "date").iter_rows()
        if event != "e0007"
    ]

    def barred(day: int, days: list[int]) -> bool:
        return any(abs(day - other) <= 20 for other in days)

    same = [day for own, day in rest if own == ticker]
    changed = sum(
        barred(day, [*same, old]) != barred(day, [*same, new]) for own, day in rest if own != ticker
    )
    lab.events[7, "date"] = DAYS[new]
    assert counts(lab.check(model="matched")) == (1 + changed, 23 - changed)


def test_a_title_recomputes_nothing(lab: Lab) -> None:
    lab.run(model="matched")
    lab.events = lab.events.with_columns(title=pl.lit("a title")).sample(
        fraction=1, seed=1, shuffle=True
    )
    assert counts(lab.check(model="matched")) == (0, 24)


def test_indices_and_foreign_listings_are_no_peers(lab: Lab) -> None:
    lab.events = lab.events.head(1)
    plain = lab.check(model="matched")
    renamed = {"N0": "^GSPC", "N1": "ES=F", "N2": "7203.T", "N3": "BTC-USD", "N4": "X.NOWHERE"}
    lab.prices = lab.prices.with_columns(pl.col("ticker").replace(renamed))
    lab.run()
    one = lab.check(model="matched").fits["coefficients"].struct.field("controls")
    before = plain.fits["coefficients"].struct.field("controls")
    assert one.to_list() == [before[0] - 5]


@pytest.mark.parametrize(
    ("ticker", "exchange"),
    [("AMD", "XNYS"), ("BRK-B", "XNYS"), ("7203.T", "XTKS"), ("^N225", None), ("EURUSD=X", None)],
)
def test_where_a_security_is_at_home(ticker: str, exchange: str | None) -> None:
    assert home(ticker) == exchange


def test_peers_on_each_exchange_of_a_study(lab: Lab) -> None:
    """A security is compared with those of its own exchange only."""
    tokyo = {"T1": "T1.T", "N0": "N0.T", "N1": "N1.T", "N2": "N2.T"}
    lab.prices = lab.prices.with_columns(pl.col("ticker").replace(tokyo))
    lab.events = lab.events.with_columns(pl.col("ticker").replace(tokyo)).head(2)
    fits = lab.check(model="matched", window="0:0", cars="0:0", min_obs=50).fits
    told = dict(zip(fits["ticker"], fits["coefficients"].struct.field("controls"), strict=True))
    assert told["T0"] == 5 + 1
    assert set(told) == {"T0", "T1.T"}


def test_the_shipped_calendar_says_where_nobody_is_left() -> None:
    """Of twelve securities most have an event of their own within two weeks."""
    options: dict[str, Any] = {"model": "matched", "cache": False}
    fits = bt.run(CALENDAR, "snapshot", **options).fits
    controls = fits["coefficients"].struct.field("controls")
    assert set(fits.filter(controls == 0)["reason"]) == {NO_CONTROLS}
    used = fits.filter(controls > 0)
    assert used["reason"].null_count() == len(used) > 30
    one = bt.run(CALENDAR, "snapshot", selection="2025-10-06-amd-openai-6gw-warrant", **options)
    # NVDA, AVGO, TSM, ORCL and MSFT are parties; QQQ moves with SPY; CRWV was listed too late.
    peers = one.fits["coefficients"].struct.field("controls")
    assert peers.to_list() == [3.0] * len(peers)
    assert one.fits["coefficients"].struct.field("log_size_distance").null_count() < len(peers)
