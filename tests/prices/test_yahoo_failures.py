"""Every way in which Yahoo fails, met by the real client library."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from yahoo_server import (
    EMPTY_BODY,
    SERVER_ERROR,
    TOO_MANY,
    WEB_PAGE,
    Fault,
    Security,
    YahooServer,
)

from backtest.errors import DataUnavailable, RateLimited

Listed = Callable[..., Security]
Make = Callable[..., Any]


def pauses(clock: Any) -> list[float]:
    """The waits between attempts, without those of the rate limiter."""
    return [seconds for seconds in clock.slept if seconds >= 1]


@pytest.mark.parametrize("fault", [SERVER_ERROR, EMPTY_BODY, WEB_PAGE, Fault(200, "[1, 2")])
def test_trouble_that_passes(
    yahoo: YahooServer, listed: Listed, make: Make, clock: Any, fault: Fault
) -> None:
    """The library would keep the bad answer and never ask again."""
    yahoo.securities["ORCL"] = listed()
    yahoo.faults["chart ORCL"] = [fault, fault]
    provider = make()
    past = dt.date(2025, 10, 10)
    assert provider.bars(["ORCL"], None, past).frame.height == 30
    assert pauses(clock) == [2.0, 8.0]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (SERVER_ERROR, "HTTP 500"),
        (EMPTY_BODY, "an empty answer"),
        (WEB_PAGE, "a web page instead of data"),
        (Fault(401, '{"finance":{"error":{"code":"Unauthorized"}}}'), "HTTP 401"),
        (Fault(200, '{"chart":{"result":[{"meta":{}}],"error":null}}'), "could not be read"),
    ],
)
def test_trouble_that_stays_is_a_reason(
    yahoo: YahooServer, listed: Listed, make: Make, fault: Fault, reason: str
) -> None:
    yahoo.securities["ORCL"] = yahoo.securities["AMD"] = listed()
    yahoo.faults_for_good["chart ORCL"] = fault
    out = make().bars(["ORCL", "AMD"], None, None)
    assert reason in out.missing["ORCL"]
    assert out.frame["ticker"].unique().to_list() == ["AMD"]


def test_a_404_that_is_not_yahoos_says_nothing_about_the_security(
    yahoo: YahooServer, listed: Listed, make: Make
) -> None:
    """A proxy in between; Yahoo itself gives its reason in JSON."""
    yahoo.securities["ORCL"] = listed()
    yahoo.faults["chart ORCL"] = [Fault(404, "<html>no route</html>", "text/html")]
    assert make().bars(["ORCL"], None, None).frame.height == 45


def test_an_impatient_one_takes_trouble_with_every_security_for_silence(
    yahoo: YahooServer, listed: Listed, make: Make
) -> None:
    yahoo.securities |= {name: listed() for name in "ABCDEF"}
    yahoo.faults_for_good["chart"] = WEB_PAGE
    with pytest.raises(DataUnavailable, match="keeps answering without data"):
        make(patient=False).bars(list("ABCDEF"), None, None)
    assert len(yahoo.asked("chart")) == 3
    yahoo.faults_for_good = {f"chart {name}": WEB_PAGE for name in "ABDE"}
    assert list(make(patient=False).bars(list("ABCDEF"), None, None).missing) == list("ABDE")


def test_refused_and_then_let_in(
    yahoo: YahooServer, listed: Listed, make: Make, clock: Any
) -> None:
    """The library itself asks twice for one question; both are refused here."""
    yahoo.securities["ORCL"] = listed()
    yahoo.faults["chart ORCL"] = [TOO_MANY, TOO_MANY]
    assert make().bars(["ORCL"], None, None).frame.height == 45
    assert pauses(clock) == [15.0]


def test_the_pause_that_yahoo_asks_for(
    yahoo: YahooServer, listed: Listed, make: Make, clock: Any
) -> None:
    yahoo.securities["ORCL"] = listed()
    slow = Fault(429, "Too Many Requests", "text/html", (("Retry-After", "40"),))
    yahoo.faults["chart ORCL"] = [slow, slow]
    make().bars(["ORCL"], None, None)
    assert pauses(clock) == [40.0]


def test_refused_for_good(yahoo: YahooServer, listed: Listed, make: Make, clock: Any) -> None:
    yahoo.securities["ORCL"] = listed()
    yahoo.faults_for_good["chart"] = TOO_MANY
    with pytest.raises(RateLimited, match="asks us to slow down") as error:
        make().bars(["ORCL"], None, None)
    assert error.value.exit_code == 4
    assert pauses(clock) == [15.0, 60.0]


def test_a_refused_crumb_does_not_stop_anybody(
    yahoo: YahooServer, listed: Listed, make: Make
) -> None:
    yahoo.securities["ORCL"] = listed()
    yahoo.faults_for_good["crumb"] = TOO_MANY
    assert make().bars(["ORCL"], None, None).frame.height == 45


def test_no_connection(make: Make, clock: Any) -> None:
    with pytest.raises(DataUnavailable, match="cannot be reached") as error:
        make().bars(["ORCL"], None, None)
    assert error.value.exit_code == 3
    assert pauses(clock) == [2.0, 8.0]


def test_an_impatient_one_gives_up_at_once(
    yahoo: YahooServer, listed: Listed, make: Make, clock: Any
) -> None:
    provider = make(patient=False)
    yahoo.faults_for_good["chart"] = TOO_MANY
    with pytest.raises(RateLimited):
        provider.bars(["ORCL"], None, None)
    yahoo.stop()
    with pytest.raises(DataUnavailable):
        provider.bars(["ORCL"], None, None)
    with pytest.raises(DataUnavailable):
        provider.bars(["AMD"], None, None)
    assert pauses(clock) == []
