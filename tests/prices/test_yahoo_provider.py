"""The real client library against a server on this machine."""

import datetime as dt
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from yahoo_server import (
    WEB_PAGE,
    Security,
    YahooServer,
)

from backtest.prices.provider import BARS
from backtest.prices.providers.yahoo import Yahoo

Listed = Callable[..., Security]
Make = Callable[..., Yahoo]


def test_bars_of_several_securities(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    yahoo.securities["ORCL"] = listed()
    yahoo.securities["9984.T"] = listed(
        first_close=9000, zone="Asia/Tokyo", currency="JPY", open_at=dt.time(9)
    )
    yahoo.securities["^GSPC"] = listed(sessions=10, kind="INDEX")
    out = make().bars(["ORCL", "9984.T", "^GSPC"], None, None)
    assert dict(BARS.check(out.frame).group_by("ticker").len().iter_rows()) == {
        "ORCL": 45,
        "9984.T": 45,
        "^GSPC": 10,
    }
    assert out.missing == {}
    assert out.notes == ()
    assert out.currencies == {"ORCL": "USD", "9984.T": "JPY", "^GSPC": "USD"}
    tokyo = out.frame.filter(pl.col("ticker") == "9984.T").sort("date")
    assert tokyo.select("date", "close").row(0) == (dt.date(2025, 9, 1), 9000.0)
    assert out.complete_to == dt.date(2025, 11, 2)


def test_what_is_asked(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    """One request a security once cookie and crumb are there, with events, by dates."""
    yahoo.securities["ORCL"] = yahoo.securities["AMD"] = listed()
    provider = make()
    provider.bars(["ORCL", "AMD"], dt.date(2025, 10, 1), None)
    assert [path for path, _ in yahoo.requests] == [
        "/",
        "/v1/test/getcrumb",
        "/v8/finance/chart/AMD",
        "/v8/finance/chart/ORCL",
    ]
    query = yahoo.asked("chart")[0]
    assert query["interval"] == "1d"
    assert query["events"] == "div,splits,capitalGains"
    first = dt.datetime.fromtimestamp(int(query["period1"]), dt.UTC).date()
    assert first == dt.date(2025, 9, 30)


def test_both_ends_are_included(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    yahoo.securities["9984.T"] = listed(zone="Asia/Tokyo", open_at=dt.time(9))
    yahoo.securities["ORCL"] = listed()
    for ticker in ("9984.T", "ORCL"):
        out = make().bars([ticker], dt.date(2025, 10, 1), dt.date(2025, 10, 3))
        days = [dt.date(2025, 10, day) for day in (1, 2, 3)]
        assert out.frame["date"].to_list() == days, ticker


def test_a_dividend_and_a_split(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    oracle = listed(sessions=5)
    oracle.closes = [100.0, 100.0, 98.0, 99.0, 99.0]
    oracle.dividends = {oracle.days[2]: 2.0}
    oracle.adjusted = [98.0, 98.0, 98.0, 99.0, 99.0]
    oracle.splits = {oracle.days[3]: (2, 1)}
    yahoo.securities["ORCL"] = oracle
    out = make().bars(["ORCL"], None, None)
    bars = out.frame.sort("date")
    # Closes stay as they are; 2 of 100 comes off every close before the ex-date.
    assert bars["close"].to_list() == oracle.closes
    assert bars["adj_close"].to_list() == pytest.approx([98.0, 98.0, 98.0, 99.0, 99.0])
    assert out.actions is not None
    assert out.actions.rows() == [
        ("ORCL", oracle.days[2], "dividend", 2.0),
        ("ORCL", oracle.days[3], "split", 2.0),
    ]
    assert out.notes == ()


def test_a_dividend_that_does_not_fit_is_noted(
    yahoo: YahooServer, listed: Listed, make: Make
) -> None:
    """Yahoo's own adjusted close knows of another amount, of which no unit makes this one."""
    company = listed(sessions=5)
    company.closes = [1000.0] * 5
    company.dividends = {company.days[2]: 20.0}
    company.adjusted = [950.0, 950.0, 1000.0, 1000.0, 1000.0]
    yahoo.securities["X"] = company
    out = make().bars(["X"], None, None)
    (note,) = out.notes
    assert note.startswith(f"X: the dividend of {company.days[2]} does not fit")
    assert out.frame["adj_close"][0] == pytest.approx(980.0)


def test_a_session_without_a_close_is_left_out_and_said(
    yahoo: YahooServer, listed: Listed, make: Make
) -> None:
    oracle = listed()
    oracle.closes[10] = None
    oracle.closes[-1] = None
    yahoo.securities["ORCL"] = oracle
    out = make().bars(["ORCL"], None, None)
    assert out.frame.height == 43
    assert out.notes == (f"ORCL: Yahoo gives no close for 2 sessions (first: {oracle.days[10]})",)
    assert out.complete_to == dt.date(2025, 10, 30)


@pytest.mark.parametrize(
    ("hour", "minute", "last"),
    [(20, 0, 30), (20, 59, 30), (21, 0, 30), (21, 30, 31)],
)
def test_a_bar_that_still_moves_is_left_out(
    yahoo: YahooServer, listed: Listed, make: Make, hour: int, minute: int, last: int
) -> None:
    """New York closes at 20:00 UTC in October; here the session is said to end at 21:00."""
    oracle = listed()
    oracle.session_end = dt.datetime(2025, 10, 31, 21, tzinfo=dt.UTC)
    yahoo.securities["ORCL"] = oracle
    at = dt.datetime(2025, 10, 31, hour, minute, tzinfo=dt.UTC)
    out = make(at=at).bars(["ORCL"], None, None)
    assert out.frame["date"].max() == dt.date(2025, 10, last)


def test_share_counts_come_clean_and_on_the_basis_of_the_prices(
    yahoo: YahooServer, listed: Listed, make: Make
) -> None:
    oracle = listed()
    day = oracle.days
    oracle.splits = {day[30]: (2, 1)}
    oracle.shares = [
        (day[0], 1000.0),
        (day[0], 1000.0),
        (day[5], 3900.0),
        (day[6], 1010.0),
        (day[40], 2020.0),
    ]
    yahoo.securities["ORCL"] = oracle
    assert make().shares(["ORCL", "DEAD"]).rows() == [
        ("ORCL", day[0], 2000.0),
        ("ORCL", day[6], 2020.0),
    ]
    reported = make().reported_shares("ORCL", None).counts
    assert reported["shares"].to_list() == [1000.0, 1000.0, 3900.0, 1010.0, 2020.0]


def test_a_fund_has_no_share_counts(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    yahoo.securities["SPY"] = listed(kind="ETF")
    assert make().shares(["SPY"]).is_empty()
    yahoo.faults_for_good["shares"] = WEB_PAGE
    assert make().reported_shares("SPY", None).counts.is_empty()


def test_a_security_that_is_not_there(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    """The same answer for the first and the second one, and for the one after a good one."""
    yahoo.securities["ORCL"] = listed()
    provider = make()
    for _ in range(3):
        out = provider.bars(["DEAD", "ORCL"], None, None)
        assert out.missing == {
            "DEAD": "Yahoo Finance has nothing for it (No data found, symbol may be delisted)"
        }
        assert out.frame["ticker"].unique().to_list() == ["ORCL"]
    assert len(yahoo.asked("DEAD")) == 3


def test_no_prices_in_the_period(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    yahoo.securities["ORCL"] = listed()
    out = make().bars(["ORCL"], dt.date(2020, 1, 1), dt.date(2020, 2, 1))
    assert "no price" in out.missing["ORCL"]


@pytest.mark.parametrize("ticker", ["", "orcl", "A B", "../x", "A?b=c", "US68389X1054"])
def test_what_is_no_ticker_is_not_asked_for(yahoo: YahooServer, make: Make, ticker: str) -> None:
    out = make().bars([ticker], None, None)
    assert list(out.missing) == [ticker]
    assert yahoo.requests == []


def test_requests_keep_their_pace(
    yahoo: YahooServer, listed: Listed, make: Make, clock: Any
) -> None:
    yahoo.securities |= {name: listed() for name in "ABCDEFGH"}
    make(rate=0.5).bars(list("ABCDEFGH"), None, None)
    # Ten requests, five of them at once, then one every two seconds.
    assert len(yahoo.requests) == 10
    assert clock.now == pytest.approx(10.0)


def test_the_library_is_left_as_it_was(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    import yfinance
    from yfinance import cache
    from yfinance.data import YfData

    yahoo.securities["ORCL"] = listed()
    theirs = YfData()
    session, crumb = theirs._session, theirs._crumb
    zones = cache.get_tz_cache
    filters = list(warnings.filters)
    make().bars(["ORCL"], None, None)
    assert YfData() is theirs
    assert theirs._session is session
    assert theirs._crumb is crumb
    assert cache.get_tz_cache is zones
    assert yfinance.config.debug.hide_exceptions is True
    assert not logging.getLogger("yfinance").disabled
    assert warnings.filters == filters


def test_it_says_nothing_by_itself(
    yahoo: YahooServer, make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    make().bars(["DEAD"], None, None)
    assert capfd.readouterr() == ("", "")


def test_nothing_is_imported_before_it_is_asked(now: dt.datetime) -> None:
    """Making the provider must not load pandas; only a question does."""
    import subprocess

    code = (
        "import sys, datetime as dt; from pathlib import Path;"
        "from backtest.prices.providers.yahoo import Yahoo;"
        "from backtest.prices.provider import Setup;"
        "Yahoo(Setup(dt.datetime.now(dt.UTC), Path('x')));"
        "print([m for m in ('polars', 'pandas', 'yfinance', 'curl_cffi') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
