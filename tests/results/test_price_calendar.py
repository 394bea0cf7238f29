"""Which securities follow the sessions of their exchange, and what is said of the others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from support.bulk import made_prices, sessions

from backtest.inputs import Clocks
from backtest.prices.provider import BARS
from backtest.results.price_calendar import Calendars, calendars

DAYS = sessions(200)


def bars(*tickers: str, shift: int = 0) -> pl.DataFrame:
    made = made_prices(tickers[1:], DAYS, benchmark=tickers[0])
    dated = made.with_columns(pl.col("date") + pl.duration(days=shift))
    return pl.concat([BARS.empty(), dated], how="diagonal_relaxed")


def held(frame: pl.DataFrame, folder: Path) -> Calendars:
    return calendars(frame, dict.fromkeys(frame["ticker"].unique(), "XNYS"), Clocks(folder).of)


def test_all_follow(tmp_path: Path) -> None:
    sound = held(bars("A", "B"), tmp_path)
    assert sound.findings.is_empty()
    assert sound.exchange == {"A": "XNYS", "B": "XNYS"}
    few = bars("A").vstack(bars("A", shift=1).filter(pl.col("date").dt.weekday() == 6)[:4])
    # A few odd days are a matter of the check that looks at each.
    assert held(few, tmp_path).findings.is_empty()


@pytest.mark.parametrize(("shift", "said"), [(1, "a day earlier"), (-1, "a day later")])
def test_a_table_one_day_off_is_one_finding(tmp_path: Path, shift: int, said: str) -> None:
    off = bars("A", "B", "C", shift=shift)
    table = held(off, tmp_path)
    ((ticker, date, why),) = table.findings.select("ticker", "date", "why").rows()
    known = set(sessions())
    strays = sorted(day for day in set(off["date"]) if day not in known)
    assert (ticker, date) == (None, strays[0])
    assert why == (
        f"3 securities do not follow XNYS: {3 * len(strays)} of 600 closes are on days that "
        f"are no sessions; {said} they would be sessions"
    )
    # Among themselves they are still held against each other.
    assert set(table.exchange.values()) == {"the table itself"}
    assert table.sessions["the table itself"].size == len(DAYS)


def test_one_security_one_day_off_leaves_the_others_to_their_exchange(tmp_path: Path) -> None:
    table = held(bars("A", "B").vstack(bars("C", shift=1)), tmp_path)
    assert table.findings.select("check", "ticker").rows() == [("gap", "C")]
    assert table.findings["why"][0].startswith("does not follow XNYS: ")
    assert table.exchange == {"A": "XNYS", "B": "XNYS"}


def test_days_that_are_made_up(tmp_path: Path) -> None:
    days = [DAYS[0] + dt.timedelta(days=n) for n in range(200)]
    frame = pl.concat(
        [BARS.empty(), pl.DataFrame({"date": days, "ticker": "A", "close": 1.0})], how="diagonal"
    )
    (why,) = held(frame, tmp_path).findings["why"]
    assert why.endswith("no sessions; they are of another market, or made up")
