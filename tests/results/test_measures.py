"""Studies of volume and volatility: what is read, computed anew, left empty and refused."""

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
from backtest.errors import DataUnavailable
from backtest.results.measures import NO_VOLUME

AMD = "2025-10-06-amd-openai-6gw-warrant"
DAYS = sessions()
BEFORE, AFTER = 261, 10


def with_volumes(prices: pl.DataFrame, seed: int = 6) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return prices.with_columns(volume=np.round(np.exp(rng.normal(14.0, 0.4, len(prices)))))


@pytest.fixture
def lab(tmp_path: Path, cache: Path) -> Lab:
    lab = Lab(tmp_path, cache)
    lab.prices = with_volumes(lab.prices)
    return lab


def set_volume(lab: Lab, ticker: str, place: int, value: float | None) -> None:
    one = (pl.col("ticker") == ticker) & (pl.col("date") == DAYS[place])
    changed = pl.when(one).then(pl.lit(value, pl.Float64)).otherwise("volume")
    lab.prices = lab.prices.with_columns(volume=changed)


def readers(lab: Lab, ticker: str, place: int) -> int:
    return sum(
        ticker in (own, "SPY") and -BEFORE <= place - DAYS.index(day) <= AFTER
        for own, day in lab.events.select("ticker", "date").iter_rows()
    )


def test_log_volume_is_what_is_studied(lab: Lab) -> None:
    result = lab.check(measure="volume", model="mean")
    one = result.abnormal_returns.row(10, named=True)
    assert one["day"] == 0
    own = lab.prices.filter(ticker=one["ticker"]).sort("date")
    logs = np.log(own["volume"].to_numpy())
    at = own["date"].to_list().index(one["date"])
    assert one["return"] == pytest.approx(logs[at], rel=1e-14)
    assert one["expected"] == pytest.approx(logs[at - 260 : at - 10].mean(), rel=1e-12)
    assert result.spec.measure == "volume"


def test_each_measure_is_a_study_of_its_own(lab: Lab) -> None:
    lab.run()
    assert counts(lab.check(measure="volume")) == (24, 0)
    assert counts(lab.check(measure="volatility")) == (24, 0)
    for measure in ("return", "volume", "volatility"):
        assert counts(lab.check(measure=measure)) == (0, 24)


@pytest.mark.parametrize("ticker", ["T1", "SPY"])
@pytest.mark.parametrize("place", [5, 300, 447])
def test_a_corrected_volume_recomputes_the_studies_of_volume_that_read_it(
    lab: Lab, ticker: str, place: int
) -> None:
    for measure in ("return", "volume", "volatility"):
        lab.run(measure=measure)
    set_volume(lab, ticker, place, 12_345.0)
    count = readers(lab, ticker, place)
    assert count > 0 or place != 300
    assert counts(lab.check(measure="volume")) == (count, 24 - count)
    assert counts(lab.check()) == (0, 24)
    assert counts(lab.check(measure="volatility")) == (0, 24)


def test_a_kept_panel_has_volumes_where_they_are_studied(lab: Lab) -> None:
    """The same table is read without volumes first, then with them, each from its own panel."""
    everything = lab.run(cache=False, measure="volume")
    lab.run()
    panels = lab.cache / "panels"
    assert len(list(panels.iterdir())) == 1
    lab.run(measure="volume", tests="sign")
    assert len(list(panels.iterdir())) == 2
    assert [(path / "volume").exists() for path in sorted(panels.iterdir())].count(True) == 1
    again = lab.run(measure="volume", tests="patell")
    assert again.abnormal_returns.equals(everything.abnormal_returns)


@pytest.mark.parametrize("value", [0.0, None, -5.0, float("nan"), float("inf")])
def test_a_session_without_trading_is_missing(lab: Lab, value: float | None) -> None:
    day = lab.events.row(0, named=True)
    set_volume(lab, day["ticker"], DAYS.index(day["date"]), value)
    result = lab.check(measure="volume")
    own = result.abnormal_returns.filter(event_id=day["event_id"])
    assert own.filter(day=0)["return"].to_list() == [None]
    # Unlike a missing price, it takes no second day with it.
    assert own.filter(day=1)["return"].null_count() == 0
    cars = result.cars.filter(event_id=day["event_id"])
    assert cars["car"].null_count() == len(cars)
    assert any(
        "CARs are empty: a session of their window has no volume" in w for w in result.warnings
    )


def test_a_benchmark_without_volume_on_a_day_is_said(lab: Lab) -> None:
    set_volume(lab, "SPY", 300, 0.0)
    (told,) = (one for one in lab.check(measure="volume").warnings if "SPY" in one)
    where = f"1 session of XNYS (first: {DAYS[300]})"
    assert told == f"the benchmark SPY has no volume on {where}; these days have no market volume"


def test_a_security_without_volumes_is_left_out(lab: Lab) -> None:
    lab.prices = lab.prices.with_columns(
        volume=pl.when(pl.col("ticker") == "T0").then(None).otherwise("volume")
    )
    fits = lab.check(measure="volume").fits
    assert set(fits.filter(ticker="T0")["reason"]) == {NO_VOLUME}
    assert set(fits.filter(pl.col("ticker") != "T0")["status"]) == {"ok"}


def test_prices_without_volumes_are_refused(lab: Lab) -> None:
    lab.prices = made_prices(TICKERS)
    for cache in (None, False):
        with pytest.raises(DataUnavailable, match=r"the prices have no volumes: prices\.csv, 4"):
            lab.run(cache=cache, measure="volume")
    lab.check(measure="volatility")


def test_a_benchmark_without_volumes_is_refused_where_a_model_needs_it(lab: Lab) -> None:
    lab.prices = lab.prices.with_columns(
        volume=pl.when(pl.col("ticker") == "SPY").then(None).otherwise("volume")
    )
    expected = "the benchmark SPY has no volumes on the sessions of XNYS"
    with pytest.raises(DataUnavailable, match=expected):
        lab.run(measure="volume")
    assert set(lab.check(measure="volume", model="mean").fits["status"]) == {"ok"}


def test_volumes_of_tickers_are_factors_too(lab: Lab) -> None:
    lab.events = lab.events.filter(ticker="T1")
    options: dict[str, Any] = {"measure": "volume", "model": "factors", "factors": "T0+T2"}
    fits = lab.check(**options).fits
    assert fits["coefficients"].struct.fields == ["alpha", "beta", "T0", "T2"]
    set_volume(lab, "T0", 300, None)
    set_volume(lab, "T0", 301, None)
    assert any(
        "the factor T0 has no volume on 2 sessions" in w for w in lab.check(**options).warnings
    )


@pytest.mark.parametrize("measure", ["volume", "volatility"])
def test_dollars_and_claims_are_those_of_prices(measure: Any) -> None:
    """Market values and claims do not depend on the measure; abnormal dollars need returns."""
    plain = bt.run(CALENDAR, "snapshot", selection=AMD, cache=False)
    other = bt.run(CALENDAR, "snapshot", selection=AMD, cache=False, measure=measure)
    assert plain.claims.equals(other.claims)
    without = pl.exclude("abnormal_change")
    assert plain.market_caps.select(without).equals(other.market_caps.select(without))
    assert plain.market_caps["abnormal_change"].null_count() == 0
    assert other.market_caps["abnormal_change"].is_null().all()
    assert other.cars["bhar"].is_null().all()
    assert other.cars["car"].null_count() == 0


def test_amd_s_day() -> None:
    """The 248.8 million shares of 2025-10-06 are six times the usual."""
    result = bt.run(
        CALENDAR, "snapshot", selection=AMD, cache=False, measure="volume", model="mean"
    )
    day = result.abnormal_returns.filter(ticker="AMD", day=0).row(0, named=True)
    assert np.exp(day["return"]) == pytest.approx(248.8e6, rel=0.001)
    assert 5.5 < np.exp(day["abnormal"]) < 6.5
