"""Tables of prices that are wrong or merely awkward, those of several exchanges among them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from support.bad_input import DAYS, PRICES, Study, reasons, studied
from support.bulk import made_prices, one_event, save


def changed(ticker: str, day: dt.date, price: float) -> pl.DataFrame:
    one = (pl.col("ticker") == ticker) & (pl.col("date") == day)
    return PRICES.with_columns(close=pl.when(one).then(price).otherwise("close"))


@pytest.mark.parametrize("price", [float("nan"), float("inf"), 0.0, -5.0])
def test_an_impossible_price_counts_as_missing(study: Study, suffix: str, price: float) -> None:
    events = one_event("AAA", DAYS[330])
    ran = study(events=events, prices=changed("AAA", DAYS[332], price), suffix=suffix)
    assert ran.code == 0
    assert f"AAA {DAYS[332]} close" in ran.err
    empty = [row["day"] for row in ran.json["tables"]["abnormal_returns"] if row["return"] is None]
    assert empty == [2, 3]
    cars = {row["start"]: row["car"] for row in ran.json["tables"]["cars"] if row["end"] == 10}
    assert cars == {-10: None, 0: None}


def test_a_benchmark_without_any_usable_price(study: Study) -> None:
    prices = PRICES.with_columns(
        close=pl.when(pl.col("ticker") == "SPY").then(float("nan")).otherwise("close")
    )
    assert "the benchmark SPY has no prices: no usable close" in study(prices=prices).refused(3)


def test_repeated_rows_are_dropped(study: Study, suffix: str) -> None:
    ran = study(prices=pl.concat([PRICES, PRICES.slice(300, 5)]), suffix=suffix)
    assert ran.code == 0
    assert len(studied(ran)) == 6
    assert "5 rows repeat others and were dropped" in ran.err


def test_contradicting_rows_are_refused(study: Study, suffix: str) -> None:
    twice = PRICES.filter(pl.col("date") == DAYS[300]).with_columns(pl.col("close") * 2)
    line = study(prices=pl.concat([PRICES, twice]), suffix=suffix).refused(2)
    assert f"{DAYS[300]} is there more than once with different values" in line
    assert "keep one row for each ticker and date" in line


def test_the_order_of_price_rows_does_not_matter(study: Study, suffix: str) -> None:
    straight = study(suffix=suffix).json["tables"]
    mixed = study(prices=PRICES.sample(fraction=1, shuffle=True, seed=3), suffix=suffix)
    assert mixed.json["tables"] == straight


@pytest.mark.parametrize("column", ["close", "ticker", "date"])
def test_a_price_table_without_a_column(study: Study, suffix: str, column: str) -> None:
    line = study(prices=PRICES.drop(column), suffix=suffix).refused(2)
    assert f"there is no column `{column}`; the columns are: " in line


def test_words_for_prices(study: Study, tmp_path: Path) -> None:
    path = save(PRICES.with_columns(pl.col("close").cast(pl.String)), tmp_path / "p.csv")
    lines = path.read_text().splitlines()
    lines[304] = lines[304].rsplit(",", 1)[0] + ",twelve"
    path.write_text("\n".join(lines))
    assert "p.csv:305: close: `twelve` is not a number" in study(prices=path).refused(2)


def test_a_benchmark_that_misses_some_days_says_so(study: Study) -> None:
    gaps = (pl.col("ticker") == "SPY") & pl.col("date").is_in([DAYS[200], DAYS[322]])
    ran = study(events=one_event("AAA", DAYS[330]), prices=PRICES.filter(~gaps))
    assert f"the benchmark SPY has no price on 2 sessions of XNYS (first: {DAYS[200]})" in ran.err


def test_a_benchmark_that_misses_some_days_leaves_them_out(study: Study) -> None:
    gaps = (pl.col("ticker") == "SPY") & pl.col("date").is_in([DAYS[200], DAYS[322]])
    ran = study(events=one_event("AAA", DAYS[330]), prices=PRICES.filter(~gaps))
    assert ran.code == 0
    (fit,) = ran.json["tables"]["fits"]
    assert fit["n_obs"] == 248
    rows = ran.json["tables"]["abnormal_returns"]
    assert [row["day"] for row in rows if row["abnormal"] is None] == [-8, -7]
    assert all(row["return"] is not None for row in rows)


def test_a_benchmark_that_is_not_there(study: Study) -> None:
    line = study(prices=PRICES.filter(pl.col("ticker") != "SPY")).refused(3)
    assert line == (
        "error: benchmark: the benchmark SPY has no prices: not in prices.csv "
        "(name one the price source has with --benchmark)"
    )


@pytest.mark.parametrize("prices", [PRICES.clear()])
def test_an_empty_table_of_prices(study: Study, suffix: str, prices: pl.DataFrame) -> None:
    assert "the benchmark SPY has no prices" in study(prices=prices, suffix=suffix).refused(3)


@pytest.mark.parametrize(
    ("ticker", "why"), [("AAA", "no variance in the estimation"), ("SPY", "constant or collinear")]
)
def test_a_constant_price(study: Study, ticker: str, why: str) -> None:
    prices = PRICES.with_columns(
        close=pl.when(pl.col("ticker") == ticker).then(10.0).otherwise("close")
    )
    ran = study(prices=prices)
    assert ran.code == (0 if ticker == "AAA" else 3)
    out = {"AAA": 3, "SPY": 6}[ticker]
    assert len(reasons(ran)) == out
    assert all(why in reason for reason in reasons(ran).values())
    assert len(studied(ran)) == 6 - out


# Several exchanges; the prices of 9999.T are made up


def tokyo_prices() -> pl.DataFrame:
    """Return made-up prices of a Tokyo listing on Tokyo's sessions, and New York's on its own."""
    from backtest.events.exchanges import exchange_of
    from backtest.events.sessions import clock

    dates = clock(exchange_of("9999.T")).dates
    inside = dates[(dates >= PRICES["date"].min()) & (dates <= PRICES["date"].max())]
    days = inside.astype(object).tolist()
    tokyo = made_prices(["9999.T"], days).filter(ticker="9999.T")
    return pl.concat([PRICES, tokyo])


def test_two_exchanges_in_one_study(study: Study) -> None:
    events = pl.concat(
        [one_event("AAA", "2026-03-04", "us"), one_event("9999.T", "2026-03-04", "tokyo")]
    )
    ran = study(events=events, prices=tokyo_prices())
    assert ran.code == 0
    assert studied(ran) == ["us", "tokyo"]
    assert {row["currency"] for row in ran.json["tables"]["market_caps"]} <= {"USD", "JPY"}


def test_each_exchange_keeps_its_own_sessions(study: Study) -> None:
    # Tokyo did not trade on 2026-02-11 and 02-23, New York not on 02-16: the windows differ.
    events = pl.concat(
        [one_event("AAA", "2026-02-18", "us"), one_event("9999.T", "2026-02-18", "tokyo")]
    )
    ran = study(events=events, prices=tokyo_prices())
    dates = {
        event: {
            row["date"]
            for row in ran.json["tables"]["abnormal_returns"]
            if row["event_id"] == event
        }
        for event in ("us", "tokyo")
    }
    assert "2026-02-11" in dates["us"]
    assert "2026-02-11" not in dates["tokyo"]
    assert "2026-02-16" in dates["tokyo"]
    assert "2026-02-16" not in dates["us"]
    assert "do not follow the sessions" not in ran.err
