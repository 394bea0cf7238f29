import datetime as dt
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.prices._record import IMPORTED, Damaged, Record, safe_name
from backtest.prices.closes import Closes

DAY = dt.date(2025, 9, 10)
RECORD = Record(
    ticker="^GSPC",
    provider="yahoo",
    retrieved_at=dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC),
    first=dt.date(2020, 1, 2),
    last=DAY,
    rows=1430,
    complete_to=DAY,
    currency="USD",
    digests={"bars": "0123456789abcdef"},
)


@pytest.mark.parametrize(
    ("provider", "closes"), [("yahoo", Closes.BOTH), (IMPORTED, Closes.UNKNOWN)]
)
def test_a_record_that_does_not_say_what_its_close_is(provider: str, closes: Closes) -> None:
    plain = json.loads(replace(RECORD, provider=provider).to_json())
    for name in ("closes", "checksum", "libraries", "earlier"):  # as the first format was
        del plain[name]
    plain["format"] = 1
    assert Record.from_json(json.dumps(plain).encode()).closes is closes
    said = replace(RECORD, provider=provider, closes=Closes.TOTAL_RETURN)
    assert Record.from_json(said.to_json()) == said
    plain["closes"] = "none of them"
    with pytest.raises(Damaged):
        Record.from_json(json.dumps(plain).encode())


@pytest.mark.parametrize(
    ("ticker", "name"),
    [
        ("ORCL", "ORCL"),
        ("BRK-B", "BRK-B"),
        ("9984.T", "9984.T"),
        ("^GSPC", "_5EGSPC"),
        ("EURUSD=X", "EURUSD_3DX"),
        ("orcl", "_6F_72_63_6C"),
        ("../../etc", ".._2F.._2F_65_74_63"),
        ("CON", "_43ON"),
        ("AUX.L", "_41UX.L"),
        ("A.", "A_2E"),
        ("", "_"),
    ],
)
def test_file_names(ticker: str, name: str) -> None:
    if ticker.startswith("."):
        name = "_2E" + name[1:]
    assert safe_name(ticker) == name


@given(st.text(max_size=200))
def test_a_name_is_one_plain_file_name(ticker: str) -> None:
    name = safe_name(ticker)
    assert re.fullmatch(r"[A-Z0-9._-]+", name)
    assert not name.startswith(".")
    assert not name.endswith(".")
    assert len(name) < 110


@given(st.text(max_size=60), st.text(max_size=60))
def test_two_tickers_never_share_a_name_even_without_case(one: str, other: str) -> None:
    if one != other:
        assert safe_name(one).lower() != safe_name(other).lower()


def test_a_record_reads_back() -> None:
    assert Record.from_json(RECORD.to_json()) == RECORD
    assert RECORD.file_of("bars") == "_5EGSPC.bars.0123456789abcdef.parquet"
    assert RECORD.file_of("shares") is None


def test_how_far_back_a_record_reaches() -> None:
    assert RECORD.reaches_back_to(None)
    assert RECORD.reaches_back_to(dt.date(1950, 1, 1))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b'{"format": 1}', b'{"format": 99}', b"\xff"]
)
def test_what_is_no_record(content: bytes) -> None:
    with pytest.raises(Damaged):
        Record.from_json(content)
