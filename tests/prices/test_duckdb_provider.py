"""Prices in a DuckDB file."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest

from backtest.errors import BadInput, BadUsage
from backtest.prices.closes import Closes
from backtest.prices.provider import PriceProvider
from backtest.prices.source import open_source

duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")

NOW = dt.datetime(2025, 11, 3, tzinfo=dt.UTC)
JAN_2, JAN_3 = dt.date(2025, 1, 2), dt.date(2025, 1, 3)


def opened(place: object) -> PriceProvider:
    return open_source(f"duckdb:{place}", cache_dir=Path("unused"), now=NOW)


def run(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as file:
        for one in statements:
            file.execute(one)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two tables, one with decimals and dates, one with text, and a name with a quote in it."""
    path = tmp_path / "market.duckdb"
    run(
        path,
        'CREATE TABLE prices ("Date" DATE, "Ticker" VARCHAR, "Close" DECIMAL(10, 2), '
        '"Adj Close" DOUBLE)',
        "INSERT INTO prices VALUES ('2025-01-02', 'ORCL', 10.50, 9.5), "
        "('2025-01-03', 'ORCL', 11, 10), ('2025-01-03', 'O''HARA', 3, 3)",
        "CREATE SCHEMA eod",
        "CREATE TABLE eod.daily (date VARCHAR, ticker VARCHAR, close VARCHAR)",
        "INSERT INTO eod.daily VALUES ('2025-01-02', 'IBM', '5'), ('2025-01-03', 'IBM', 'x')",
        'CREATE VIEW "odd"" name" AS SELECT * FROM prices',
    )
    return path


def test_the_table_called_prices(file: Path) -> None:
    source = opened(file)
    out = source.bars(["ORCL", "O'HARA", "AMD"], JAN_3, None)
    rows = out.frame.sort("ticker").select("ticker", "date", "close", "adj_close").rows()
    assert rows == [("O'HARA", JAN_3, 3.0, 3.0), ("ORCL", JAN_3, 11.0, 10.0)]
    assert out.missing == {"AMD": "not in market.duckdb"}
    assert out.closes == {"ORCL": Closes.BOTH, "O'HARA": Closes.BOTH}
    assert source.describe() == "DuckDB file market.duckdb, 2 securities to 2025-01-03"


def test_the_file_alone_is_recognised(file: Path) -> None:
    for word in (str(file), f"{file}?table=prices"):
        source = open_source(word, cache_dir=file.parent, now=NOW)
        assert source.key == "duckdb"
        assert source.bars(["ORCL"], None, None).frame.height == 2


@pytest.mark.parametrize("table", ["main.prices", 'odd" name', 'main.odd" name'])
def test_a_table_or_view_by_its_name(file: Path, table: str) -> None:
    assert opened(f"{file}?table={table}").bars(["ORCL"], None, None).frame.height == 2


def test_the_only_table_needs_no_name(tmp_path: Path) -> None:
    path = tmp_path / "one.duckdb"
    run(
        path,
        "CREATE TABLE eod AS SELECT DATE '2025-01-02' AS date, 'A' AS ticker, 1 AS close",
    )
    assert opened(path).bars(["A"], None, None).frame["close"].to_list() == [1.0]


def test_a_query(file: Path) -> None:
    query = (
        "SELECT date, ticker, close * 2 AS close, 1 + 1 AS volume FROM prices "
        "WHERE ticker LIKE 'OR%' AND date<>'2025-01-02'; "
    )
    source = opened(f"{file}?query={query}&close=split-adjusted")
    out = source.bars(["ORCL", "O'HARA"], None, None)
    assert out.frame.select("date", "close", "volume").rows() == [(JAN_3, 22.0, 2.0)]
    assert out.closes == {"ORCL": Closes.SPLIT_ONLY}
    assert source.last_date == JAN_3


def test_a_query_longer_than_the_name_of_any_file(file: Path) -> None:
    query = f"SELECT * FROM prices WHERE ticker = 'ORCL' {'OR FALSE ' * 1000}"
    word = f"{file}?query={query}"
    assert opened(word).bars(["ORCL"], None, None).frame.height == 2
    alone = open_source(word, cache_dir=file.parent, now=NOW)
    assert alone.bars(["ORCL"], None, None).frame.height == 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("DROP TABLE prices", "a query is one SELECT, and this is DROP"),
        ("SELECT 1; DROP TABLE prices", "a query is one SELECT, and this is SELECT and DROP"),
        ("COPY prices TO 'stolen.csv'", "this is COPY"),
        ("", "this is nothing"),
        ("SELEC 1", "no query: Parser Error"),
        ("SELECT 1) AS x; DROP TABLE prices; --", "no query"),
        ("SELECT * FROM nowhere", "nowhere does not exist"),
        ("SELECT * FROM read_csv('{secret}')", "cannot be read: Permission Error"),
        ("SELECT 1 AS date", "there is no column `ticker`; the columns are: date"),
    ],
)
def test_queries_that_cannot_be_meant(file: Path, query: str, expected: str) -> None:
    secret = file.with_name("secret.csv")
    secret.write_text("date,ticker,close\n2025-01-02,A,1\n")
    place = f"{file}?query={query.replace('{secret}', str(secret))}"
    with pytest.raises((BadUsage, BadInput), match=expected) as error:
        opened(place).bars(["ORCL"], None, None)
    assert all("\n" not in str(problem) for problem in error.value.problems)
    assert not file.with_name("stolen.csv").exists()
    assert opened(file).bars(["ORCL"], None, None).frame.height == 2


@pytest.mark.parametrize(
    "ticker", ["'; DROP TABLE prices; --", "' OR '1'='1", 'x" OR 1=1 --', "ORCL' --"]
)
def test_a_ticker_is_never_sql(file: Path, ticker: str) -> None:
    out = opened(file).bars([ticker], None, None)
    assert out.frame.is_empty()
    assert list(out.missing) == [ticker]
    assert opened(file).bars(["ORCL"], None, None).frame.height == 2


def test_a_table_is_never_sql(file: Path) -> None:
    with pytest.raises(BadInput, match="there is no table `prices; DROP TABLE prices`"):
        opened(f"{file}?table=prices; DROP TABLE prices").bars(["ORCL"], None, None)


def test_a_slip_in_the_table(file: Path) -> None:
    with pytest.raises(BadInput) as error:
        opened(f"{file}?table=price").bars(["ORCL"], None, None)
    assert str(error.value) == (
        f'{file}: there is no table `price`; there are: daily, odd" name, prices '
        "(did you mean `prices`?)"
    )


def test_several_tables_none_of_them_prices(tmp_path: Path) -> None:
    path = tmp_path / "two.duckdb"
    run(path, "CREATE TABLE a (x INT)", "CREATE TABLE b (x INT)")
    with pytest.raises(BadUsage, match=r"holds 2 tables: a, b \(name one: duckdb:.*\?table=a\)"):
        opened(path).bars(["A"], None, None)


def test_values_that_are_no_numbers(file: Path) -> None:
    with pytest.raises(BadInput, match="close: `x` is not a number"):
        opened(f"{file}?table=daily").bars(["IBM"], None, None)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file"):
        opened(tmp_path / "none.duckdb").bars(["A"], None, None)
    (tmp_path / "x.duckdb").write_text("not a database, but longer than nothing")
    with pytest.raises(BadInput, match=r"cannot be read: .*not a valid DuckDB database"):
        opened(tmp_path / "x.duckdb").bars(["A"], None, None)


def test_a_table_and_a_query(file: Path) -> None:
    with pytest.raises(BadUsage, match="name a table or a query, not both"):
        opened(f"{file}?table=prices&query=SELECT 1")


def test_the_fingerprint_follows_file_and_query(file: Path) -> None:
    prints = {opened(file).fingerprint(), opened(file).fingerprint()}
    assert len(prints) == 1
    prints.add(opened(f"{file}?table=prices").fingerprint())
    run(file, "INSERT INTO prices VALUES ('2025-01-06', 'ORCL', 12, 12)")
    prints.add(opened(file).fingerprint())
    assert len(prints) == 3


def test_without_the_library(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sys.modules["importlib.util"].find_spec
    monkeypatch.setattr(
        "backtest.prices.providers.duckdb.find_spec",
        lambda name: None if name == "duckdb" else found(name),
    )
    with pytest.raises(BadUsage) as error:
        opened(file)
    assert str(error.value) == (
        "prices: prices in a DuckDB file need the library duckdb, which is not installed "
        "(install it: pip install 'backtest[duckdb]')"
    )


def test_the_currency_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "quoted.duckdb"
    run(
        path,
        "CREATE TABLE prices AS SELECT DATE '2025-01-02' AS date, 'VOD.L' AS ticker, "
        "68.0 AS close, 'GBp' AS currency",
    )
    assert opened(path).bars(["VOD.L"], None, None).currencies == {"VOD.L": "GBp"}


def test_columns_of_other_names(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    run(path, "CREATE TABLE prices AS SELECT DATE '2025-01-02' AS d, 'AMD' AS t, 1.0 AS c")
    with pytest.raises(BadInput, match=r"name yours in a query: \?query=SELECT d AS date"):
        opened(path).bars(["AMD"], None, None)
    renamed = f"{path}?query=SELECT d AS date, t AS ticker, c AS close FROM prices"
    assert opened(renamed).bars(["AMD"], None, None).frame["close"].to_list() == [1.0]
