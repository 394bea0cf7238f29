"""Tickers to exchanges: the table against the calendar library, and what the messages say."""

from __future__ import annotations

import pytest

from backtest.errors import BadInput
from backtest.events.exchanges import EXCHANGES, US, codes_of, exchange_of, is_exchange


@pytest.mark.parametrize(
    ("ticker", "mic", "currency"),
    [
        ("ORCL", "XNYS", "USD"),
        ("BRK-B", "XNYS", "USD"),
        ("^GSPC", "XNYS", "USD"),
        ("9984.T", "XTKS", "JPY"),
        ("0700.HK", "XHKG", "HKD"),
        ("ARM.L", "XLON", "GBp"),
        ("SMSN.IL", "XLON", "USD"),
        ("SAP.DE", "XETR", "EUR"),
        ("SAP.F", "XFRA", "EUR"),
        ("MC.PA", "XPAR", "EUR"),
        ("ASML.AS", "XAMS", "EUR"),
        ("ENI.MI", "XMIL", "EUR"),
        ("SAN.MC", "XMAD", "EUR"),
        ("NESN.SW", "XSWX", "CHF"),
        ("ERIC-B.ST", "XSTO", "SEK"),
        ("NOVO-B.CO", "XCSE", "DKK"),
        ("NOKIA.HE", "XHEL", "EUR"),
        ("EQNR.OL", "XOSL", "NOK"),
        ("005930.KS", "XKRX", "KRW"),
        ("035720.KQ", "XKRX", "KRW"),
        ("2330.TW", "XTAI", "TWD"),
        ("5483.TWO", "XTAI", "TWD"),
        ("600519.SS", "XSHG", "CNY"),
        ("000001.SZ", "XSHG", "CNY"),
        ("SHOP.TO", "XTSE", "CAD"),
        ("BHP.AX", "XASX", "AUD"),
        ("RELIANCE.NS", "XBOM", "INR"),
        ("RELIANCE.BO", "XBOM", "INR"),
        ("PETR4.SA", "BVMF", "BRL"),
        ("NPN.JO", "XJSE", "ZAc"),
        ("TEVA.TA", "XTAE", "ILA"),
        ("^N225", "XTKS", "JPY"),
        ("^FTSE", "XLON", "GBp"),
    ],
)
def test_suffix_says_where_a_ticker_is_listed(ticker: str, mic: str, currency: str) -> None:
    exchange = exchange_of(ticker)
    assert (exchange.mic, exchange.currency) == (mic, currency)


def test_every_row_is_a_calendar_of_the_library_in_its_own_zone() -> None:
    from exchange_calendars import calendar_utils

    factories = calendar_utils._default_calendar_factories
    theirs = {exchange.mic: str(factories[exchange.mic].tz) for exchange in EXCHANGES}
    assert {exchange.mic: exchange.zone for exchange in EXCHANGES} == theirs


def test_no_suffix_is_claimed_twice() -> None:
    suffixes = [suffix for exchange in EXCHANGES for suffix in exchange.suffixes]
    assert len(set(suffixes)) == len(suffixes) > 55


@pytest.mark.parametrize(
    ("override", "mic"),
    [("XTKS", "XTKS"), ("XNAS", "XNYS"), ("XSHE", "XSHG"), ("XNSE", "XBOM"), ("XLON", "XLON")],
)
def test_override_decides(override: str, mic: str) -> None:
    assert exchange_of("9984.HK", override).mic == mic


def test_override_by_code_takes_the_main_listing_currency() -> None:
    assert exchange_of("ANY", "XLON").currency == "GBp"


def test_times_are_labelled_as_people_say_them() -> None:
    labels = {ticker: exchange_of(ticker).label for ticker in ("A", "A.T", "A.L", "A.DE", "A.SA")}
    assert labels == {
        "A": "ET",
        "A.T": "JST",
        "A.L": "London time",
        "A.DE": "Frankfurt time",
        "A.SA": "Sao Paulo time",
    }
    assert str(US.tz) == "America/New_York"


@pytest.mark.parametrize(
    ("ticker", "told"),
    [
        (
            "BRK.B",
            "ticker: `BRK.B` ends in `.B`, which is no exchange suffix we know "
            "(Yahoo writes a US share class with a hyphen: BRK-B)",
        ),
        (
            "9984.t",
            "ticker: `9984.t` ends in `.t`, which is no exchange suffix we know "
            "(did you mean `9984.T`?)",
        ),
        (
            "sap.de",
            "ticker: `sap.de` ends in `.de`, which is no exchange suffix we know "
            "(did you mean `SAP.DE`?)",
        ),
        (
            "brk.b",
            "ticker: `brk.b` ends in `.b`, which is no exchange suffix we know "
            "(Yahoo writes a US share class with a hyphen: BRK-B)",
        ),
        (
            "BTC-USD",
            "ticker: `BTC-USD` trades around the clock and has no sessions of its own "
            "(a party can name the market whose sessions count: `exchange: XNYS`)",
        ),
    ],
)
def test_unknown_ticker_forms_say_how_to_mend_them(ticker: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        exchange_of(ticker)
    assert str(caught.value) == told
    assert caught.value.problems[0].code == "unknown-exchange"


@pytest.mark.parametrize("ticker", ["ES=F", "EURUSD=X"])
def test_futures_and_currencies_have_no_sessions(ticker: str) -> None:
    with pytest.raises(BadInput, match="around the clock"):
        exchange_of(ticker)


@pytest.mark.parametrize(
    ("ticker", "hint"),
    [
        ("BP.LN", "the nearest: .L, .TL, .SN; "),
        ("X.NOWHERE", ""),
        ("ODD.", ""),
    ],
)
def test_unknown_suffix_names_the_nearest_and_where_all_are(ticker: str, hint: str) -> None:
    with pytest.raises(BadInput) as caught:
        exchange_of(ticker)
    assert str(caught.value) == (
        f"ticker: `{ticker}` ends in `.{ticker.partition('.')[2]}`, which is no exchange suffix we "
        f"know ({hint}`backtest events exchanges` lists all; a party can name its market: "
        "`exchange: XLON`)"
    )


@pytest.mark.parametrize(
    ("code", "hint"), [("XTKO", "did you mean `XTKS`?; "), ("xtks", "did you mean `XTKS`?; ")]
)
def test_unknown_code_names_the_nearest_and_where_all_are(code: str, hint: str) -> None:
    with pytest.raises(BadInput) as caught:
        exchange_of("7203.T", code)
    assert str(caught.value) == (
        f"exchange: no session calendar for exchange `{code}` "
        f"({hint}`backtest events exchanges` lists all)"
    )


def test_every_code_of_an_exchange_is_taken() -> None:
    for exchange in EXCHANGES:
        for code in codes_of(exchange):
            assert is_exchange(code)
            assert exchange_of("ANY", code).mic == exchange.mic
    assert codes_of(US)[:2] == ["XNYS", "XNAS"]
    assert not is_exchange("NYSE")
