import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from backtest.errors import BadInput
from backtest.prices.provider import BARS, Bars, Setup
from backtest.prices.providers.files import TableFiles

NOW = dt.datetime(2025, 11, 3, tzinfo=dt.UTC)
Write = Callable[[str, str], Path]


def source(place: Path | str) -> TableFiles:
    return TableFiles(Setup(now=NOW, cache_dir=Path("unused"), place=str(place)))


def read(place: Path | str, *tickers: str) -> Bars:
    return source(place).bars(tickers, None, None)


def refused(place: Path | str, *tickers: str) -> list[str]:
    with pytest.raises(BadInput) as error:
        read(place, *tickers)
    return [str(problem) for problem in error.value.problems]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return to


def test_names_as_people_write_them(write: Write) -> None:
    path = write("p.csv", "Date,Ticker,Open,Close,Adj Close,Volume\n2025-01-02,AAA,1,2,1.5,7\n")
    assert BARS.check(read(path, "AAA").frame).row(0, named=True) == {
        "date": dt.date(2025, 1, 2),
        "ticker": "AAA",
        "open": 1.0,
        "high": None,
        "low": None,
        "close": 2.0,
        "adj_close": 1.5,
        "volume": 7.0,
    }


@pytest.mark.parametrize("ticker", ["NA", "NAN", "TRUE", "FALSE", "NULL", "INF", "1"])
def test_tickers_that_look_like_something_else(write: Write, ticker: str) -> None:
    path = write("p.csv", f"date,ticker,close\n2025-01-02,{ticker},3\n")
    assert read(path, ticker).frame["ticker"].to_list() == [ticker]


@pytest.mark.parametrize(
    "written",
    ["2025-01-02", "2025-01-02 00:00:00", "2025-01-02T16:00:00-05:00", "20250102", " 2025-01-02"],
)
def test_dates_in_csv(write: Write, written: str) -> None:
    path = write("p.csv", f"date,ticker,close\n{written},AAA,3\n")
    assert read(path, "AAA").frame["date"].to_list() == [dt.date(2025, 1, 2)]


def test_a_moment_in_parquet_counts_for_its_local_day(tmp_path: Path) -> None:
    moment = dt.datetime(2025, 1, 2, 5, tzinfo=dt.UTC)
    dates = pl.Series([moment]).dt.convert_time_zone("America/New_York")
    frame = pl.DataFrame({"date": dates, "ticker": ["A"], "close": [1]})
    frame.write_parquet(tmp_path / "p.parquet")
    assert read(tmp_path / "p.parquet", "A").frame["date"].to_list() == [dt.date(2025, 1, 2)]


def test_a_folder_of_one_file_a_ticker(write: Write, tmp_path: Path) -> None:
    write("d/ORCL.csv", "date,close\n2025-01-02,10\n")
    write("d/^GSPC.csv", "date,close\n2025-01-02,5000\n")
    write("d/BAD.csv", "date,close\nnever,1\n")
    write("d/.hidden.csv", "nothing")
    out = read(tmp_path / "d", "ORCL", "^GSPC")
    assert sorted(out.frame["ticker"]) == ["ORCL", "^GSPC"]
    assert source(tmp_path / "d").tickers() == ["BAD", "ORCL", "^GSPC"]


def test_a_folder_of_long_tables(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for year in (2024, 2025):
        day = [dt.date(year, 1, 2)]
        frame = pl.DataFrame({"date": day, "ticker": ["A"], "close": [float(year)]})
        frame.write_parquet(tmp_path / "d" / f"{year}.parquet")
    assert sorted(read(tmp_path / "d", "A").frame["close"]) == [2024.0, 2025.0]


def test_only_the_range_and_the_tickers_asked_for(write: Write) -> None:
    days = [f"2025-01-0{day},{ticker},{day}" for ticker in "BA" for day in (3, 2, 1)]
    path = write("p.csv", "\n".join(["date,ticker,close", *days]))
    out = source(path).bars(["A"], dt.date(2025, 1, 2), dt.date(2025, 1, 2))
    assert out.frame.select("date", "ticker", "close").rows() == [(dt.date(2025, 1, 2), "A", 2.0)]
    assert out.notes == ()


def test_why_a_ticker_is_missing(write: Write) -> None:
    path = write("p.csv", "date,ticker,close\n2025-01-02,ORCL,1\n2025-01-02,GONE,\n")
    out = read(path, "ORCLE", "orcl", "ORCL", "GONE")
    assert out.missing == {
        "ORCLE": "not in p.csv (did you mean `ORCL`?)",
        "orcl": "not in p.csv (did you mean `ORCL`?)",
        "GONE": "no usable close in p.csv between the dates needed",
    }
    assert out.frame["ticker"].to_list() == ["ORCL"]


def test_rows_there_twice_are_dropped_and_said(write: Write) -> None:
    path = write("p.csv", "date,ticker,close\n2025-01-02,A,1\n2025-01-03,A,2\n2025-01-02,A,1\n")
    out = read(path, "A")
    assert out.frame.height == 2
    assert out.notes == (f"{path}: 1 row repeats another one and was dropped",)


def test_conflicting_rows_are_refused(write: Write) -> None:
    text = "date,ticker,close\n2025-01-02,A,1\n2025-01-02,A,1.5\n2025-01-03,A,2\n2025-01-03,A,3\n"
    (problem,) = refused(write("p.csv", text), "A")
    assert (
        "A 2025-01-02 is there more than once with different values: close 1.0 and 1.5" in problem
    )
    assert "2 sessions are there twice" in problem


def test_rows_that_differ_in_the_high_only_are_refused_too(write: Write) -> None:
    text = "date,ticker,high,close\n2025-01-02,A,2,1\n2025-01-02,A,3,1\n"
    (problem,) = refused(write("p.csv", text), "A")
    assert "high 2.0 and 3.0" in problem


def test_unusable_prices_are_missing_and_counted(write: Write) -> None:
    rows = ["2025-01-02,A,NaN", "2025-01-03,A,0", "2025-01-06,A,-5", "2025-01-07,A,inf"]
    path = write("p.csv", "\n".join(["date,ticker,close", *rows, "2025-01-08,A,7"]))
    out = read(path, "A")
    assert out.frame.sort("date")["close"].to_list() == [None, None, None, None, 7.0]
    assert out.notes == (
        "4 prices are zero, negative or not a number and count as missing "
        "(A 2025-01-02 close nan, A 2025-01-03 close 0, A 2025-01-06 close -5, …)",
    )


@pytest.mark.parametrize("word", ["", "NA", "null", "-", "#N/A"])
def test_words_for_no_price_need_no_note(write: Write, word: str) -> None:
    path = write("p.csv", f"date,ticker,close\n2025-01-02,A,{word}\n2025-01-03,A,2\n")
    out = read(path, "A")
    assert out.frame.sort("date")["close"].to_list() == [None, 2.0]
    assert out.notes == ()


def test_no_close(write: Write) -> None:
    (problem,) = refused(write("p.csv", "date,ticker,closing\n2025-01-02,A,1\n"), "A")
    assert "there is no column `close`; the columns are: date, ticker, closing" in problem
    assert "did you mean `closing`?" in problem


def test_all_that_is_wrong_is_said_at_once(write: Write, tmp_path: Path) -> None:
    problems = refused(write("p.csv", "day,price\n2025-01-02,1\n"), "A")
    assert [p.split("`")[1] for p in problems] == ["date", "ticker", "close"]
    text = 'date,ticker,open,close\n2025-01-02,A,1,1\n02.01.2025,A,1,1\nsoon,A,x,"1,5"\n'
    path = write("q.csv", text)
    assert refused(path, "A") == [
        f"{path}:3: date: `02.01.2025` is not a date (the first of 2) (write dates as 2025-10-06)",
        f"{path}:4: open: `x` is not a number (write numbers as 1234.56)",
        f"{path}:4: close: `1,5` is not a number (write numbers as 1234.56)",
    ]


def test_faults_of_other_tickers_do_not_stop_anybody(write: Write) -> None:
    path = write("p.csv", "date,ticker,close\n2025-01-02,A,1\nsoon,B,x\n")
    assert read(path, "A").frame.height == 1


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("p.csv", "", "the file is empty"),
        ("p.parquet", "no parquet at all", "cannot be read"),
        ("p.xlsx", "x", "neither .csv nor .parquet"),
        ("p.csv", "date,ticker,close,Close\n", "both mean `close`"),
    ],
)
def test_files_that_are_no_table(write: Write, name: str, text: str, expected: str) -> None:
    assert expected in refused(write(name, text), "A")[0]


def test_nothing_there(tmp_path: Path) -> None:
    assert "there is no such file" in refused(tmp_path / "p.csv", "A")[0]
    (tmp_path / "d").mkdir()
    assert "holds no .csv or .parquet table" in refused(tmp_path / "d", "A")[0]


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"date,ticker,close\n2025-01-02,\xff\xfe,1\n")
    with pytest.raises(BadInput):
        read(path, "A")


def test_an_adjusted_close_in_part_is_noted(write: Write) -> None:
    text = "date,ticker,close,adj_close\n2025-01-02,A,1,1\n2025-01-03,A,1,\n2025-01-03,B,1,\n"
    out = read(write("p.csv", text), "A", "B")
    assert out.notes == (
        "no adj_close beside the close, so no return, on 1 security-days (first: A 2025-01-03)",
    )


def test_the_fingerprint_follows_the_content(write: Write) -> None:
    path = write("p.csv", "date,ticker,close\n2025-01-02,A,1\n")
    before = source(path).fingerprint()
    assert before == source(path).fingerprint()
    os.utime(path, ns=(1, 1))
    assert source(path).fingerprint() != before
    folder = source(path.parent).fingerprint()
    write("q.csv", "date,ticker,close\n")
    assert source(path.parent).fingerprint() != folder


def test_it_describes_itself(write: Write) -> None:
    path = write("p.csv", "date,ticker,close\n2025-01-02,A,1\n2025-01-03,B,1\n")
    assert source(path).describe() == "p.csv, 2 securities to 2025-01-03"
    assert source(path).last_date == dt.date(2025, 1, 3)
    assert source(path).shares(["A"]).is_empty()


@pytest.mark.shared
def test_partial_bars_of_a_real_table(shared: Path) -> None:
    out = read(shared / "data" / "market" / "bars.parquet", "AMD", "SPY", "^VIX")
    assert out.missing == {}
    amd = out.frame.filter(pl.col("ticker") == "AMD").sort("date")
    assert amd.filter(pl.col("date") == dt.date(2025, 10, 6))["close"].item() == pytest.approx(
        203.71, abs=1e-4
    )
    assert amd.filter(pl.col("high").is_null())["date"].min() == dt.date(2026, 6, 1)
    assert amd["high"].null_count() == 43
    assert amd["close"].null_count() == 0


@pytest.mark.shared
def test_the_universe_is_read_as_it_is(shared: Path) -> None:
    place = shared / "data" / "market" / "universe.parquet"
    known = source(place).tickers()
    out = read(place, *known)
    assert len(known) == 2500
    assert out.frame.height == 2_626_803
    assert out.missing == {}
    assert out.notes == ()


def test_the_currency_of_a_column(write: Write) -> None:
    text = "date,ticker,close,Currency\n2025-01-02,AMD,1,EUR\n2025-01-03,AMD,2,\n2025-01-02,A,1,\n"
    assert read(write("t.csv", text), "AMD", "A").currencies == {"AMD": "EUR"}
    mixed = write("u.csv", text.replace("2,\n", "2,USD\n"))
    assert refused(mixed, "AMD") == [
        f"{mixed}: currency: AMD is in EUR, and in USD from 2025-01-03: one security has one "
        "currency (keep the rows of one currency, or convert them)"
    ]
    assert read(mixed, "A").currencies == {}


def test_a_row_that_breaks_off(write: Write) -> None:
    path = write("t.csv", "date,ticker,close,volume\n2025-01-02,A,754.69,\n2025-01-03,A,75")
    assert refused(path, "A") == [
        f"{path}:3: the row breaks off: 3 of 4 values are there "
        "(get the whole file anew; where values are empty, their separators are written)"
    ]


def test_a_column_that_is_there_twice(write: Write) -> None:
    path = write("t.csv", "date,ticker,close,close\n2025-01-02,A,1,2\n")
    assert refused(path, "A") == [f"{path}: the column `close` is there twice (keep one of them)"]


@pytest.mark.parametrize(("sign", "shown"), [(";", "';'"), ("\t", "tab")])
def test_columns_between_which_stands_no_comma(write: Write, sign: str, shown: str) -> None:
    path = write("t.csv", "date,ticker,close\n2025-01-02,A,1\n".replace(",", sign))
    (problem,) = refused(path, "A")
    assert problem.endswith(
        f"(take it into the store: backtest prices import {path} --separator {shown})"
    )
