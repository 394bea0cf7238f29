"""Studies with factors: aligned by date, what the data do not reach, what is computed anew."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from support.bulk import made_prices, one_event, save, sessions
from support.lab import TICKERS, Lab, counts

import backtest as bt
from backtest.errors import DataUnavailable
from backtest.events.exchanges import exchange_of
from backtest.events.sessions import clock

DAYS = sessions()
FACTORS = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")
ENDS = (
    "the factor data end {}, before the event window -10:10 does "
    "(newer ones: `backtest prices factors`, --factor-data)"
)


def made_factors(days: list[dt.date] = DAYS, seed: int = 9) -> pl.DataFrame:
    drawn = np.random.default_rng(seed).normal(0.0, 0.006, (len(FACTORS), len(days)))
    drawn[-1] = np.abs(drawn[-1]) / 60
    return pl.DataFrame({"date": days, **dict(zip(FACTORS, np.round(drawn, 6), strict=True))})


class FactorLab(Lab):
    """A lab whose studies use factors of its own."""

    def __init__(self, folder: Path, cache: Path) -> None:
        super().__init__(folder, cache)
        self.factors = made_factors()
        self.path = folder / "factors.csv"

    def study(self, **options: Any) -> bt.StudyResult:
        """Run with the cache and compare every bit with a run without."""
        save(self.factors, self.path)
        return self.check(factor_data=self.path, **{"model": "ff3", **options})

    def set(self, place: int, column: str, value: float | None) -> None:
        hit = pl.col("date") == DAYS[place]
        self.factors = self.factors.with_columns(
            pl.when(hit).then(pl.lit(value)).otherwise(column).alias(column)
        )

    def readers(self, place: int) -> int:
        """Return how many events read a factor on a session."""
        days = (DAYS.index(day) for day in self.events["date"])
        return sum(-260 <= place - day <= 10 for day in days)


@pytest.fixture
def lab(tmp_path: Path, cache: Path) -> FactorLab:
    return FactorLab(tmp_path, cache)


# What is computed anew


@pytest.mark.parametrize("place", [5, 150, 300, 440, 447])
@pytest.mark.parametrize("value", [0.05, None])
def test_a_corrected_factor_recomputes_the_events_that_read_it(
    lab: FactorLab, place: int, value: float | None
) -> None:
    lab.study()
    assert counts(lab.study()) == (0, 24)
    lab.set(place, "smb", value)
    readers = lab.readers(place)
    if place == 447 and value is None:
        readers = 24 - sum(DAYS.index(day) + 10 < 447 for day in lab.events["date"])
    assert counts(lab.study()) == (readers, 24 - readers)


def test_factors_that_no_model_uses_change_nothing(lab: FactorLab) -> None:
    first = lab.study()
    lab.factors = lab.factors.with_columns(mom=pl.lit(0.01), mine=pl.lit(7.0)).sample(
        fraction=1, shuffle=True, seed=1
    )
    again = lab.study()
    assert counts(again) == (0, 24)
    assert again.warnings == first.warnings == ()
    lab.set(300, "rf", 0.0001)
    assert lab.study().provenance.computed > 0


def test_studies_without_factors_do_not_read_them(lab: FactorLab, tmp_path: Path) -> None:
    lab.run()
    nowhere = lab.run(factor_data=tmp_path / "nowhere.csv", model="market")
    assert counts(nowhere) == (0, 24)
    assert nowhere.provenance.factors is None


def test_a_ticker_among_the_factors_is_read_like_the_benchmark(lab: FactorLab) -> None:
    lab.prices = made_prices((*TICKERS, "SMH"))
    options = {"model": "factors", "factors": "SMH+market"}
    lab.study(**options)
    assert counts(lab.study(**options)) == (0, 24)
    hit = (pl.col("ticker") == "SMH") & (pl.col("date") == DAYS[150])
    lab.prices = lab.prices.with_columns(
        close=pl.when(hit).then(pl.col("close") + 0.01).otherwise("close")
    )
    readers = sum(-261 <= 150 - DAYS.index(day) <= 10 for day in lab.events["date"])
    assert 0 < readers < 24
    assert counts(lab.study(**options)) == (readers, 24 - readers)
    # A study without it does not care.
    lab.study(model="market")
    lab.prices = lab.prices.with_columns(
        close=pl.when(hit).then(pl.col("close") + 0.02).otherwise("close")
    )
    assert counts(lab.study(model="market")) == (0, 24)


def test_a_ticker_s_return_is_that_of_its_prices(lab: FactorLab) -> None:
    """The benchmark named as a ticker is the market model."""
    market = lab.study(model="market")
    own = lab.study(model="factors", factors=["SPY"])
    assert (
        own.fits["coefficients"]
        .struct.field("SPY")
        .equals(market.fits["beta"].alias("SPY"), check_names=True)
    )
    assert own.cars.drop("model").equals(market.cars.drop("model"))


@pytest.mark.parametrize("kept", [True, False])
def test_a_ticker_without_prices(lab: FactorLab, kept: bool) -> None:
    if kept:
        lab.run()  # leaves a panel of the whole table
    with pytest.raises(DataUnavailable, match="the factor SMB has no prices") as caught:
        lab.study(model="factors", factors="SMB+QQQ")
    first, second = caught.value.problems
    assert first.hint == "columns of the factor data are written small: smb"
    assert second.hint is None


# What the data do not reach


def test_the_shipped_factors_end_before_some_windows(lab: FactorLab) -> None:
    result = lab.check(model="market,ff3")
    last = DAYS.index(dt.date(2026, 4, 30))
    late = [
        event
        for event, day in lab.events.select("event_id", "date").iter_rows()
        if DAYS.index(day) + 10 > last
    ]
    assert 0 < len(late) < 24
    left = result.excluded.filter(stage="estimation")
    assert left["event_id"].to_list() == late
    assert set(left["reason"]) == {f"ff3: {ENDS.format('2026-04-30')}"}
    ok = result.fits.filter(status="ok").group_by("model").len().rows()
    assert dict(ok) == {"market": 24, "ff3": 24 - len(late)}
    assert result.cars["car"].null_count() == 0
    assert result.provenance.factors == (
        "Kenneth R. French data library, as shipped, to 2026-04-30"
    )


def test_each_model_stands_on_its_own_factors(lab: FactorLab) -> None:
    """Momentum ends earlier than the others, as in the library."""
    early = pl.col("date") > DAYS[400]
    lab.factors = lab.factors.with_columns(mom=pl.when(early).then(None).otherwise("mom"))
    result = lab.study(model="ff3,carhart")
    late = sum(DAYS.index(day) + 10 > 400 for day in lab.events["date"])
    reasons = result.excluded.filter(stage="estimation")["reason"].to_list()
    assert reasons == [f"carhart: {ENDS.format(DAYS[400])}"] * late


def test_data_that_grow_recompute_whom_they_did_not_reach(lab: FactorLab) -> None:
    """Even where no session of the event's windows is among the new ones: its reason changes."""
    whole = lab.factors
    last = min(DAYS.index(day) for day in lab.events["date"])
    lab.factors = whole.head(10)
    first = lab.study(min_obs=3)
    assert set(first.fits["reason"]) == {ENDS.format(DAYS[9])}
    lab.factors = whole.head(12)
    again = lab.study(min_obs=3)
    assert counts(again) == (24, 0)
    assert set(again.fits["reason"]) == {ENDS.format(DAYS[11])}
    lab.factors = whole.head(last + 11)
    some = lab.study(min_obs=3)
    assert some.fits["status"].to_list().count("ok") == 1


def test_data_that_start_late(lab: FactorLab) -> None:
    lab.factors = lab.factors.tail(150)
    result = lab.study()
    start = len(DAYS) - 150
    for event, day in lab.events.select("event_id", "date").iter_rows():
        fit = result.fits.filter(event_id=event).row(0, named=True)
        days = DAYS.index(day) - 11 - start + 1
        assert fit["n_obs"] == max(days, 0)
        if days >= 100:
            assert fit["reason"] is None
        else:
            assert fit["reason"] == (
                f"the factor data start {DAYS[start]}, too late for 100 days of the estimation "
                "window -260:-11 (earlier ones: `backtest prices factors`, --factor-data)"
            )


def test_prices_that_end_first_are_no_fault_of_the_factors(lab: FactorLab) -> None:
    last = max(DAYS.index(day) for day in lab.events["date"])
    lab.prices = lab.prices.filter(pl.col("date") <= DAYS[last + 2])
    lab.factors = lab.factors.head(last + 3)
    result = lab.study()
    assert result.fits["status"].unique().to_list() == ["ok"]
    assert result.cars["car"].null_count() > 0


def test_a_hole_in_the_data_is_a_missing_day_and_said(lab: FactorLab) -> None:
    day = DAYS.index(lab.events["date"][0])
    lab.set(day + 2, "hml", None)
    lab.set(day - 30, "rf", None)
    result = lab.study(cars=["0:1", "0:2"])
    mine = pl.col("event_id") == lab.events["event_id"][0]
    daily = result.abnormal_returns.filter(mine)
    assert daily.filter(pl.col("abnormal").is_null())["day"].to_list() == [2]
    assert daily["return"].null_count() == 0
    assert result.fits.filter(mine)["n_obs"].item() == 249
    assert result.cars.filter(mine)["car"].is_null().to_list() == [False, True]
    said = f"the factor data have no value on 2 sessions of XNYS (first: {DAYS[day - 30]})"
    assert any(note.startswith(said) for note in result.warnings)
    assert any("CARs are empty" in note for note in result.warnings)


def test_sessions_of_another_country_without_factors_are_missing_days(
    tmp_path: Path, cache: Path
) -> None:
    tokyo = clock(exchange_of("", "XTKS"), cache_dir=cache).dates
    tokyo = tokyo[(tokyo >= np.datetime64(DAYS[0])) & (tokyo <= np.datetime64(DAYS[-1]))].tolist()
    prices = pl.concat(
        [made_prices(["T0"]), made_prices(["7203.T"], tokyo).filter(ticker="7203.T")]
    )
    zero = 330
    events = pl.concat([one_event("T0", DAYS[330], "us"), one_event("7203.T", tokyo[zero], "jp")])
    result = bt.run(
        save(events, tmp_path / "e.csv"),
        save(prices, tmp_path / "p.csv"),
        model="ff3",
        factor_data=save(made_factors(), tmp_path / "f.csv"),
        cache=cache,
    )
    us, jp = (result.abnormal_returns.filter(event_id=event) for event in ("us", "jp"))
    assert us["abnormal"].null_count() == 0
    common = set(DAYS)
    assert jp["abnormal"].is_null().to_list() == [day not in common for day in jp["date"]]
    fits = dict(result.fits.select("event_id", "n_obs").rows())
    shared = [day in common for day in tokyo[zero - 260 : zero - 10]]
    assert fits == {"us": 250, "jp": sum(shared)}
    assert 200 < sum(shared) < 250
    # Day by day against the formula.
    factors = made_factors()
    close = prices.filter(ticker="7203.T").with_columns(
        r=pl.col("close") / pl.col("close").shift(1) - 1
    )
    both = close.join(factors, on="date", how="left").sort("date")
    x = both.select(pl.lit(1.0), "mkt_rf", "smb", "hml").to_numpy()
    y = (both["r"] - both["rf"]).to_numpy()
    past = np.arange(zero - 260, zero - 10)[shared]
    b = np.linalg.lstsq(x[past], y[past], rcond=None)[0]
    expected = (y - x @ b)[zero - 10 : zero + 11]
    np.testing.assert_allclose(jp["abnormal"].to_numpy(), expected, rtol=0, atol=1e-13)


# Logarithms and warnings


def test_the_capm_of_log_returns_takes_the_log_of_interest(lab: FactorLab) -> None:
    result = lab.study(model="capm", returns="log")
    event, ticker, day, _ = lab.events.row(0)
    zero = DAYS.index(day)
    close = {one: lab.prices.filter(ticker=one)["close"].to_numpy() for one in (ticker, "SPY")}
    r, m = (np.diff(np.log(close[one]), prepend=np.nan) for one in (ticker, "SPY"))
    free = np.log1p(lab.factors["rf"].to_numpy())
    x = np.column_stack([np.ones(len(r)), m - free])
    past, window = slice(zero - 260, zero - 10), slice(zero - 10, zero + 11)
    b = np.linalg.lstsq(x[past], (r - free)[past], rcond=None)[0]
    rows = result.abnormal_returns.filter(event_id=event)
    np.testing.assert_allclose(rows["abnormal"], (r - free - x @ b)[window], rtol=0, atol=1e-13)


def test_percent_is_said_in_the_study_and_again_from_the_cache(lab: FactorLab) -> None:
    lab.factors = lab.factors.with_columns(pl.col("smb", "mom") * 100)
    first, again = lab.study(), lab.study()
    assert counts(again) == (0, 24)
    assert first.warnings == again.warnings
    (note,) = first.warnings
    assert note.startswith("smb reach")
