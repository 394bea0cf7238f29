"""What Yahoo does to a user's data, fault by fault: the table of docs/guides/prices.md.

Every fault comes from the server on this machine and is met by the real client library.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from yahoo_server import TOO_MANY, Fault, Security, YahooServer

from backtest.errors import RateLimited
from backtest.prices.providers import _yahoo_line
from backtest.prices.providers.yahoo import Yahoo
from backtest.prices.refresh import refresh
from backtest.prices.store import Held, PriceStore

Listed = Callable[..., Security]
Make = Callable[..., Yahoo]
LATER = dt.datetime(2025, 11, 10, 12, tzinfo=dt.UTC)
WEEK = [dt.date(2025, 11, day) for day in (3, 4, 5, 6, 7)]
SPIKE = [
    (dt.date(2025, 9, 12), 2_841_710_080),
    (dt.date(2025, 9, 17), 2_841_714_000),
    (dt.date(2025, 9, 23), 2_971_380_840),
    (dt.date(2025, 9, 30), 2_850_792_605),
]
"""Oracle's counts as Yahoo gives them; the third stood for one day."""


def stored(store: PriceStore, ticker: str = "ORCL") -> Held:
    held = store.read(ticker)
    assert held is not None
    return held


def pauses(clock: Any) -> list[float]:
    return [seconds for seconds in clock.slept if seconds >= 1]


# Refusals


def test_pauses_differ_by_chance(
    yahoo: YahooServer, listed: Listed, make: Make, clock: Any
) -> None:
    """Up to half of a pause on top, so that many who were refused do not come back at once."""
    yahoo.securities["ORCL"] = listed()
    yahoo.faults_for_good["chart"] = TOO_MANY
    chances = iter([0.0, 0.9, 0.5, 0.2])
    for _ in range(2):
        with pytest.raises(RateLimited):
            make(chance=lambda: next(chances)).bars(["ORCL"], None, None)
    assert pauses(clock) == pytest.approx([15.0, 87.0, 18.75, 66.0])


def test_a_pause_is_never_shorter_than_yahoo_asks_for(
    yahoo: YahooServer, listed: Listed, make: Make, clock: Any
) -> None:
    yahoo.securities["ORCL"] = listed()
    slow = Fault(429, "Too Many Requests", "text/html", (("Retry-After", "100"),))
    yahoo.faults["chart ORCL"] = [slow, slow]
    make(chance=lambda: 0.1).bars(["ORCL"], None, None)
    assert pauses(clock) == pytest.approx([105.0])


def test_a_moment_to_come_again(yahoo: YahooServer, listed: Listed, make: Make, clock: Any) -> None:
    """Retry-After may be a date (RFC 9110, section 10.2.3)."""
    yahoo.clock = dt.datetime(2025, 11, 3, 12, 0, 0, tzinfo=dt.UTC)
    yahoo.securities["ORCL"] = listed()
    then = (("Retry-After", "Mon, 03 Nov 2025 12:01:30 GMT"),)
    yahoo.faults["chart ORCL"] = [Fault(429, "", "text/html", then)] * 2
    make().bars(["ORCL"], None, None)
    assert pauses(clock) == [90.0]


def test_a_long_pause_is_left_to_the_user(
    yahoo: YahooServer, listed: Listed, make: Make, clock: Any
) -> None:
    yahoo.securities["ORCL"] = listed()
    for seconds, told in (("3500", "in 59 minutes"), ("inf", "in an hour"), ("-3", "in an hour")):
        header = (("Retry-After", seconds),)
        yahoo.faults_for_good["chart"] = Fault(429, "", "text/html", header)
        with pytest.raises(RateLimited, match=f"what was pulled is saved; try again {told}"):
            make().bars(["ORCL"], None, None)
        yahoo.faults_for_good.clear()
    assert pauses(clock) == [15.0, 60.0] * 2


# Answers without what was asked for


def test_an_empty_table_of_what_traded_is_asked_for_again(
    yahoo: YahooServer, listed: Listed, make: Make, clock: Any
) -> None:
    """The library makes an empty frame of it, or "possibly delisted"."""
    yahoo.securities["ORCL"] = oracle = listed()
    empty = Security(oracle.days, oracle.closes)
    real, oracle.days = oracle.days, []
    empty.days, empty.closes = real, oracle.closes
    body = yahoo.answer("/v8/finance/chart/NONE", {"period1": "0"}).body
    assert "delisted" in body
    bare = _without_bars(yahoo, empty)
    oracle.days = real
    yahoo.faults["chart ORCL"] = [bare]
    assert make().bars(["ORCL"], None, None).frame.height == 45
    assert pauses(clock) == [2.0]
    yahoo.faults_for_good["chart ORCL"] = bare
    out = make().bars(["ORCL"], None, None)
    assert "an empty table, although it traded on 2025-10-31" in out.missing["ORCL"]


def _without_bars(yahoo: YahooServer, security: Security) -> Fault:
    """Return the answer to a period without sessions, as if it were that to any other."""
    yahoo.securities["BARE"] = security
    answer = yahoo.answer("/v8/finance/chart/BARE", {"period1": "0", "period2": "1"})
    del yahoo.securities["BARE"]
    assert '"timestamp"' not in answer.body
    return answer


def test_bars_that_end_before_the_last_trade(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    """The rest of an answer that was cut short is asked for by the next pull."""
    days, closes = list(oracle.days), list(oracle.closes)
    oracle.traded = dt.datetime(2025, 10, 31, 20, tzinfo=dt.UTC)
    del oracle.days[-3:], oracle.closes[-3:]
    result = refresh(store, make(), "ORCL", now)
    assert result.notes == (
        "ORCL: Yahoo's bars end 2025-10-28, although it traded on 2025-10-31; "
        "the rest is asked for again next time",
    )
    assert stored(store).record.complete_to == dt.date(2025, 10, 28)
    oracle.days, oracle.closes = days, closes
    assert refresh(store, make(), "ORCL", now).state == "extended"
    assert stored(store).record.complete_to == dt.date(2025, 11, 2)


def test_one_of_many_fails_and_the_others_come(
    yahoo: YahooServer, listed: Listed, make: Make
) -> None:
    yahoo.securities |= {name: listed() for name in "ABD"}
    yahoo.faults_for_good["chart B"] = Fault(500, "{}")
    out = make().bars(list("ABCD"), None, None)
    assert sorted(set(out.frame["ticker"])) == ["A", "D"]
    assert out.missing == {
        "B": "Yahoo Finance answered without data (HTTP 500)",
        "C": "Yahoo Finance has nothing for it (No data found, symbol may be delisted)",
    }


def test_an_answer_that_unpacks_without_end(
    yahoo: YahooServer, listed: Listed, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_yahoo_line, "LARGEST", 1_000_000)
    _yahoo_line.session_class.cache_clear()
    yahoo.securities["ORCL"] = listed()
    bomb = Fault(200, packed=gzip.compress(b'{"chart": ' + b" " * 20_000_000))
    assert len(bomb.packed) < 50_000
    yahoo.faults_for_good["chart ORCL"] = bomb
    out = make().bars(["ORCL"], None, None)
    _yahoo_line.session_class.cache_clear()
    assert "an answer of more than 1,000,000 bytes" in out.missing["ORCL"]


# Names


def test_a_renamed_ticker_is_said(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    yahoo.securities["FB"] = listed(symbol="META")
    out = make().bars(["FB"], None, None)
    assert out.frame["ticker"].unique().to_list() == ["FB"]
    assert out.notes == (
        "FB: Yahoo answers with META, perhaps its new name; kept as FB, "
        "and to be pulled as META from now on",
    )


def test_a_ticker_that_another_company_got_does_not_replace_the_first(
    store: PriceStore, oracle: Security, yahoo: YahooServer, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now)
    yahoo.securities["ORCL"] = Security(WEEK, [7.0, 7.1, 7.2, 7.3, 7.4])
    result = refresh(store, make(at=LATER), "ORCL", LATER)
    assert result.state == "unchanged"
    assert result.notes == (
        "ORCL: Yahoo Finance now has 2025-11-03 to 2025-11-07 only, perhaps another security "
        "under this name; what is stored (2025-09-01 to 2025-10-31) is kept and not brought up "
        "to date",
    )
    assert stored(store).bars["close"].to_list() == oracle.closes


# Days and clocks


@pytest.mark.parametrize(
    ("zone", "opens"),
    [
        ("Asia/Tokyo", dt.time(9)),
        ("Pacific/Auckland", dt.time(10)),
        ("Australia/Sydney", dt.time(10)),
        ("Europe/London", dt.time(8)),
        ("America/Sao_Paulo", dt.time(10)),
        ("Asia/Kolkata", dt.time(9, 15)),
    ],
)
@pytest.mark.parametrize("machine", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_session_keeps_its_day(
    yahoo: YahooServer,
    listed: Listed,
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    opens: dt.time,
    machine: str,
) -> None:
    """Across the ends of summer time, and wherever this machine is."""
    import time

    monkeypatch.setenv("TZ", machine)
    time.tzset()
    yahoo.securities["X"] = security = listed(zone=zone, open_at=opens)
    out = make().bars(["X"], None, None)
    monkeypatch.undo()
    time.tzset()
    assert out.frame["date"].to_list() == security.days


def test_an_unknown_zone_is_a_reason(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    yahoo.securities["X"] = listed()
    body = yahoo.answer("/v8/finance/chart/X", {"period2": "9999999999"}).body
    nowhere = body.replace("America/New_York", "Mars/Olympus")
    yahoo.faults_for_good["chart X"] = Fault(200, nowhere)
    assert "could not be read" in make().bars(["X"], None, None).missing["X"]


OPEN = dt.datetime(2025, 10, 31, 18, 30, tzinfo=dt.UTC)
"""A Friday, an hour and a half before New York closes."""


@pytest.mark.parametrize("separate", [False, True])
def test_an_open_session_is_never_stored(
    store: PriceStore, oracle: Security, make: Make, separate: bool
) -> None:
    """Yahoo gives it as the session's row, or as a row of its own beside that of the morning."""
    if separate:
        oracle.live = (OPEN, 999.0)
    oracle.closes[-1] = 998.0
    oracle.session_end = dt.datetime(2025, 10, 31, 20, tzinfo=dt.UTC)
    refresh(store, make(at=OPEN), "ORCL", OPEN)
    assert stored(store).record.last == dt.date(2025, 10, 30)
    assert max(stored(store).bars["close"]) == 143.0
    oracle.closes[-1], oracle.live = 144.0, None
    evening = OPEN + dt.timedelta(hours=3)
    assert refresh(store, make(at=evening), "ORCL", evening).state == "extended"
    assert stored(store).bars["close"].to_list()[-2:] == [143.0, 144.0]


def test_a_fast_clock_finishes_no_open_session(
    yahoo: YahooServer, store: PriceStore, oracle: Security, make: Make
) -> None:
    """This machine believes it is Sunday; Yahoo's answers say that New York still trades."""
    yahoo.clock = OPEN
    oracle.session_end = dt.datetime(2025, 10, 31, 20, tzinfo=dt.UTC)
    sunday = OPEN + dt.timedelta(days=2)
    yahoo.securities["AMD"] = oracle
    provider = make(at=sunday)
    notes = [refresh(store, provider, name, sunday).notes for name in ("ORCL", "AMD")]
    assert notes == [
        (
            "this machine's clock is 2 days, 0:00:00 ahead of Yahoo's (2025-10-31 18:30 UTC); "
            "sessions count as finished by Yahoo's",
        ),
        (),
    ]
    assert stored(store).record.last == dt.date(2025, 10, 30)


# Prices, dividends, splits


def test_closes_are_not_adjusted_for_dividends(
    yahoo: YahooServer, oracle: Security, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would do so by default, and put them in the place of the closes."""
    import yfinance

    seen = []
    real = yfinance.Ticker.history

    def history(self: Any, *args: Any, **options: Any) -> Any:
        seen.append(options)
        return real(self, *args, **options)

    monkeypatch.setattr(yfinance.Ticker, "history", history)
    oracle.dividends = {oracle.days[20]: 12.0}
    oracle.adjusted = [close and close * 0.9 for close in oracle.closes[:20]] + oracle.closes[20:]
    out = make().bars(["ORCL"], None, None)
    assert out.frame["close"].to_list() == oracle.closes
    (options,) = seen
    assert (options["auto_adjust"], options["repair"], options["actions"]) == (False, False, True)


def test_a_dividend_that_arrives_weeks_late(
    store: PriceStore, oracle: Security, yahoo: YahooServer, make: Make, now: dt.datetime
) -> None:
    """Its ex-date lies before the last sessions: an update of a few days would never see it."""
    refresh(store, make(), "ORCL", now)
    assert stored(store).bars["adj_close"][0] == 100.0
    oracle.dividends = {oracle.days[20]: 11.9}  # a tenth of the close before, 119
    oracle.days += WEEK
    oracle.closes += [145.0, 146.0, 147.0, 148.0, 149.0]
    oracle.adjusted = [close and close * 0.9 for close in oracle.closes[:20]] + oracle.closes[20:]
    yahoo.requests.clear()
    result = refresh(store, make(at=LATER), "ORCL", LATER)
    assert result.notes == (
        f"ORCL: dividends changed after the fact ({oracle.days[20]} was 0, is 11.9); "
        "total returns before are computed anew",
    )
    assert len(yahoo.asked("chart")) == 1
    assert stored(store).bars["adj_close"][0] == pytest.approx(90.0)
    assert stored(store).bars["adj_close"][-1] == 149.0


def test_a_split_that_arrives_weeks_late(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now)
    oracle.splits = {oracle.days[10]: (2, 1)}
    oracle.closes = [float(close or 0) / 2 for close in oracle.closes]
    result = refresh(store, make(at=LATER), "ORCL", LATER)
    assert result.state == "revised"
    assert f"split 2 for 1 on {oracle.days[10]}" in result.notes[0]
    assert stored(store).bars["close"].to_list() == oracle.closes


# Currencies and units


def test_pounds_among_pence_are_left_out(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    company = listed(first_close=1000.0, currency="GBp")
    for place in (10, 11, 30):
        company.closes[place] = float(company.closes[place] or 0) / 100
    yahoo.securities["X.L"] = company
    out = make().bars(["X.L"], None, None)
    assert out.frame.height == 42
    assert min(out.frame["close"]) == 1000.0
    assert out.notes == (
        "X.L: 3 closes a hundred times too large or too small, as where pence and pounds are "
        f"mixed up, left out (first: 10.1 on {company.days[10]})",
    )


def test_a_dividend_in_pounds_for_a_price_in_pence_is_put_right(
    yahoo: YahooServer, listed: Listed, make: Make
) -> None:
    """Yahoo's own adjusted close knows better: it came down by fifty pence, not by half a one."""
    company = listed(sessions=5, currency="GBp")
    company.closes = [1000.0] * 5
    company.dividends = {company.days[2]: 0.5}
    company.adjusted = [950.0, 950.0, 1000.0, 1000.0, 1000.0]
    yahoo.securities["X.L"] = company
    out = make().bars(["X.L"], None, None)
    assert out.currencies == {"X.L": "GBp"}
    assert out.frame["adj_close"].to_list() == pytest.approx([950.0] * 2 + [1000.0] * 3)
    assert out.actions is not None
    assert out.actions["value"].to_list() == [50.0]
    assert out.notes == (
        "X.L: 1 dividend in another unit than the price put right by Yahoo's own adjusted close "
        f"(first: 50 on {company.days[2]})",
    )


def test_another_currency_is_another_past(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    oracle.currency = "GBp"
    refresh(store, make(), "ORCL", now)
    oracle.currency = "GBP"
    result = refresh(store, make(at=LATER), "ORCL", LATER)
    assert "quoted in GBp before, in GBP now" in result.notes[0]
    assert (result.state, stored(store).record.currency) == ("revised", "GBP")


# Share counts


def test_a_count_of_one_day_is_left_out_and_said(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    oracle.shares = [(day, float(count)) for day, count in SPIKE]
    result = refresh(store, make(), "ORCL", now)
    assert result.notes == (
        "ORCL: 1 share count left out, far from those before and after "
        "(first: 2,971,380,840 on 2025-09-23)",
    )
    counts = make().shares(["ORCL"])
    assert counts["shares"].to_list() == [SPIKE[0][1], SPIKE[1][1], SPIKE[3][1]]
    # What was reported stays in the store as reported.
    assert stored(store).shares["shares"].to_list() == [count for _, count in SPIKE]


def test_one_class_first_and_all_of_them_later(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    """GOOGL: Yahoo counted class A, and since 2026-02-06 all classes."""
    day = oracle.days
    oracle.shares = [(day[0], 5.82e9), (day[9], 5.83e9), (day[20], 12.1e9), (day[40], 12.11e9)]
    result = refresh(store, make(), "ORCL", now)
    assert result.notes == (
        f"ORCL: 2 share counts of {day[0]} to {day[9]} left out, beyond a step that no split "
        "explains (perhaps one class of shares only)",
    )
    assert make().shares(["ORCL"])["shares"].to_list() == [12.1e9, 12.11e9]


def test_counts_that_contradict_yahoos_market_value_are_left_out(
    store: PriceStore, yahoo: YahooServer, listed: Listed, make: Make, now: dt.datetime
) -> None:
    """A receipt for five ordinary shares, which are what is counted; one class of two."""
    receipt = listed(market_value=1e9 * 144 / 5)
    share_class = listed(market_value=2.1e9 * 144)
    pence = listed(market_value=1e9 * 1.44, currency="GBp")
    for name, security in (("TSM", receipt), ("GOOG", share_class), ("X.L", pence)):
        security.shares = [(security.days[0], 1e9)]
        yahoo.securities[name] = security
    provider = make()
    notes = {name: refresh(store, provider, name, now).notes for name in yahoo.securities}
    assert notes["TSM"] == (
        "TSM: its share count (1,000,000,000) is left out: Yahoo's own market value stands for "
        "1/5 of it, so it is perhaps of one class of several, or not of the receipt that is "
        "priced",
    )
    assert "stands for 2.1 times it" in notes["GOOG"][0]
    assert notes["X.L"] == ()
    assert [stored(store, name).shares.height for name in ("TSM", "GOOG", "X.L")] == [0, 0, 1]


@pytest.mark.parametrize(
    "answer",
    [
        TOO_MANY,
        Fault(500, "{}"),
        Fault(200, "<html></html>", "text/html"),
        Fault(200, json.dumps({"quoteResponse": {"result": [{"marketCap": "much"}, 7]}})),
        Fault(200, json.dumps([1])),
    ],
)
def test_a_quote_that_is_not_to_be_had_stops_nobody(
    store: PriceStore,
    oracle: Security,
    yahoo: YahooServer,
    make: Make,
    now: dt.datetime,
    clock: Any,
    answer: Fault,
) -> None:
    yahoo.faults_for_good["quote"] = answer
    assert refresh(store, make(), "ORCL", now).notes == ()
    assert stored(store).shares.height == 2
    assert pauses(clock) == []


def test_quotes_come_fifty_in_a_request(yahoo: YahooServer, listed: Listed, make: Make) -> None:
    names = [f"T{number}" for number in range(120)]
    for name in names:
        yahoo.securities[name] = listed(sessions=2)
        yahoo.securities[name].shares = [(yahoo.securities[name].days[0], 1e6)]
    provider = make()
    provider.expect(names)
    for name in names:
        provider.reported_shares(name, None)
    asked = [query["symbols"].split(",") for query in yahoo.asked("/v7/finance/quote")]
    assert [len(one) for one in asked] == [50, 50, 20]
    assert [name for one in asked for name in one] == names
