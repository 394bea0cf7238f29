"""Tables of any make: what is read, what is dropped and why."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from backtest.errors import BadInput
from backtest.prices.closes import Closes
from backtest.prices.mapped_table import Reading, read_mapped
from backtest.prices.notation import Notation

PLAIN = Notation()
BLOOMBERG = {"date": "Date", "ticker": "Security", "close": "PX_LAST"}


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def problems(path: Path, notation: Notation = PLAIN, **more: str) -> list[str]:
    with pytest.raises(BadInput) as error:
        read_mapped(str(path), more, notation)
    return [str(problem) for problem in error.value.problems]


def rows(reading: Reading) -> list[tuple[object, ...]]:
    return reading.bars.frame.sort("ticker", "date").select("ticker", "date", "close").rows()


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.csv",
        "Date,Security,PX_LAST,Note",
        "2025-01-02,ORCL,10,x",
        "2025-01-02,ORCL,10,the same again",
        "2025-01-03,ORCL,0,",
        ",ORCL,11,no date",
        "2025-01-03, ,12,no ticker",
        "2025-01-06,,12,nor here",
        "2025-01-02,GONE,n/a,",
        "2025-01-03,GONE,-,",
    )
    reading = read_mapped(str(path), BLOOMBERG, Notation())
    assert rows(reading) == [
        ("ORCL", dt.date(2025, 1, 2), 10.0),
        ("ORCL", dt.date(2025, 1, 3), None),
    ]
    assert reading.report == (
        f"{path}: 8 rows read, 2 kept, of 1 security",
        "1 dropped: the row has no date, line 5 first",
        "2 dropped: the row has no ticker, line 6 first",
        "1 dropped: the row repeats another row",
        "2 dropped: the row is of a security without any close",
        "not used: the column Note",
    )
    (note,) = reading.bars.notes
    assert note.startswith("1 price is zero, negative or not a number")


def test_a_german_table(tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.csv",
        "Datum;Symbol;Schluss;Volumen",
        "02.01.2025;SAP.DE;1.234,50;1.000.000",
        "03.01.2025;SAP.DE;999,9;",
    )
    names = {"date": "Datum", "ticker": "Symbol", "close": "Schluss", "volume": "Volumen"}
    notation = Notation(";", decimal_comma=True, thousands=".", order="day-first")
    frame = read_mapped(str(path), names, notation).bars.frame.sort("date")
    assert frame.select("date", "close", "volume").rows() == [
        (dt.date(2025, 1, 2), 1234.5, 1e6),
        (dt.date(2025, 1, 3), 999.9, None),
    ]


def test_nothing_is_guessed(tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.csv",
        "date,ticker,close,volume",
        "2025-01-02,A,10,1",
        '02/01/2025,A,"1,5","1,000,000"',
    )
    assert problems(path) == [
        f"{path}:3: date: `02/01/2025` is not a date "
        "(say --day-first or --month-first for which of the two is the day)",
        f"{path}:3: close: `1,5` is not a number "
        "(say --decimal-comma or --thousands , for what the comma means)",
        f"{path}:3: volume: `1,000,000` is not a number "
        "(say --thousands , if the comma stands between thousands)",
    ]


def test_a_number_of_the_other_notation_is_refused(tmp_path: Path) -> None:
    """`1.5` is fifteen to nobody: where the comma is decimal it is a mistake."""
    path = written(tmp_path / "t.csv", "date;ticker;close", "2025-01-02;A;1,5", "2025-01-03;A;1.5")
    (problem,) = problems(path, Notation(";", decimal_comma=True, thousands="."))
    assert problem.startswith(f"{path}:3: close: `1.5` is not a number")


def test_a_table_of_one_security(tmp_path: Path) -> None:
    path = written(tmp_path / "t.txt", "Date\tLast", "2025-01-02\t5")
    reading = read_mapped(
        str(path), {"close": "Last"}, Notation("\t"), ticker="ORCL", stated=Closes.TOTAL_RETURN
    )
    assert rows(reading) == [("ORCL", dt.date(2025, 1, 2), 5.0)]
    assert reading.bars.closes == {"ORCL": Closes.TOTAL_RETURN}


def test_a_parquet_table_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame(
        {
            "caldt": [dt.datetime(2025, 1, 2, 16), dt.datetime(2025, 1, 3, 16)],
            "permno": [10104, 10104],
            "prc": pl.Series(["10.5", "11"]).cast(pl.Decimal(10, 2)),
        }
    ).write_parquet(path)
    names = {"date": "caldt", "ticker": "permno", "close": "prc"}
    assert rows(read_mapped(str(path), names, Notation())) == [
        ("10104", dt.date(2025, 1, 2), 10.5),
        ("10104", dt.date(2025, 1, 3), 11.0),
    ]


def test_text_in_a_parquet_table_is_checked_too(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"date": ["2025-01-02"], "ticker": ["A"], "close": ["ten"]}).write_parquet(path)
    assert problems(path) == [f"{path}: close: `ten` is not a number (write numbers as 1234.56)"]


def test_rows_that_contradict_each_other(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "date,ticker,close", "2025-01-02,A,1", "2025-01-02,A,2")
    (problem,) = problems(path)
    assert "A 2025-01-02 is there more than once with different values" in problem


def test_a_table_with_a_header_only(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "date,ticker,close")
    reading = read_mapped(str(path), {}, Notation())
    assert reading.report == (f"{path}: 0 rows read, 0 kept, of 0 securities",)


@pytest.mark.parametrize("name", ["t.xlsx", "t"])
def test_another_format(tmp_path: Path, name: str) -> None:
    (problem,) = problems(written(tmp_path / name, "date,ticker,close"))
    assert "none of .csv, .txt, .tsv and .parquet" in problem


def test_the_currency_of_a_table(tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.csv",
        "date,ticker,close,Quoted",
        "2025-01-02,VOD.L,68,GBX",
        "2025-01-03,VOD.L,69,",
        "2025-01-02,SAP.DE,240,EUR",
        "2025-01-02,AMD,120,n/a",
    )
    reading = read_mapped(str(path), {"currency": "Quoted"}, Notation())
    assert reading.bars.currencies == {"VOD.L": "GBp", "SAP.DE": "EUR"}
    assert read_mapped(str(path), {}, Notation()).bars.currencies == {}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (
            ("GBP", "GBp"),
            "A is in GBP, and in GBp from 2025-01-03: one security has one currency "
            "(GBp is a hundredth of GBP: write all closes in one of them)",
        ),
        (
            ("USD", "EUR"),
            "A is in USD, and in EUR from 2025-01-03: one security has one currency "
            "(keep the rows of one currency, or convert them)",
        ),
        (
            ("usd", "usd"),
            "A: `usd` is no code of a currency (write it as USD, EUR, GBP, or GBp for pence)",
        ),
    ],
)
def test_currencies_that_cannot_be_meant(
    tmp_path: Path, codes: tuple[str, str], expected: str
) -> None:
    path = written(
        tmp_path / "t.csv",
        "date,ticker,close,currency",
        f"2025-01-02,A,1,{codes[0]}",
        f"2025-01-03,A,2,{codes[1]}",
    )
    assert problems(path) == [f"{path}: currency: {expected}"]


def test_a_row_that_breaks_off(tmp_path: Path) -> None:
    """Half of 756.48, read as a whole price."""
    path = tmp_path / "t.csv"
    start = 'date,ticker,close,note,volume\n2025-01-02,A,754.69,"a, b",\n\n2025-01-03,A,75'
    path.write_text(start)
    assert problems(path) == [
        f"{path}:4: the row breaks off: 3 of 5 values are there "
        "(get the whole file anew; where values are empty, their separators are written)"
    ]
    path.write_text(f"{start}6.48,,\n")
    assert [row[2] for row in rows(read_mapped(str(path), {}, Notation()))] == [754.69, 756.48]


def test_values_over_several_lines_are_not_taken_for_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('date,ticker,close,note,volume\n2025-01-02,A,1,"one\ntwo",\n')
    assert len(rows(read_mapped(str(path), {}, Notation()))) == 1


def test_a_column_that_is_there_twice(tmp_path: Path) -> None:
    """Columns that nobody reads may be."""
    path = written(tmp_path / "t.csv", "date,ticker,close,close,,", "2025-01-02,A,1,2,,")
    assert problems(path) == [f"{path}: the column `close` is there twice (keep one of them)"]
    written(path, "date,ticker,close,note,note,,", "2025-01-02,A,1,x,y,,")
    assert len(rows(read_mapped(str(path), {}, Notation()))) == 1


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_text_that_is_not_utf8(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("date,ticker,close\n2025-01-02,MÜV2,1\n".encode(encoding))
    (problem,) = problems(path)
    assert problem.startswith(f"{path}: is not UTF-8 text, as CSV has to be (save it as UTF-8;")


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_a_header_that_is_not_utf8(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_bytes("Kürzel;Datum;Kurs\nSAP;2025-01-02;10\n".encode("latin-1"))
    names = {"ticker": "Kürzel", "date": "Datum", "close": "Kurs"}
    for sign in (",", ";"):
        (problem,) = problems(path, Notation(sign), **names)
        assert problem.startswith(f"{path}: is not UTF-8 text, as CSV has to be (save it as UTF-8")


def test_a_mark_that_stands_for_lost_letters_is_text(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "date,ticker,close,K\ufffdrzel", "2025-01-02,A,10,x")
    assert rows(read_mapped(str(path), {}, PLAIN)) == [("A", dt.date(2025, 1, 2), 10.0)]


@pytest.mark.parametrize("name", ["adj_close", "Adj Close", "AdjClose", "Adjusted-Close"])
@pytest.mark.parametrize("beside", ["close", "open"])
def test_a_close_of_an_adjusted_column_has_dividends_in_it(
    tmp_path: Path, name: str, beside: str
) -> None:
    path = written(tmp_path / "t.csv", f"date,ticker,{beside},{name}", "2025-01-02,A,20,10")
    reading = read_mapped(str(path), {"close": name}, PLAIN)
    assert reading.bars.frame.select("close", "adj_close").rows() == [(10.0, None)]
    assert reading.bars.closes == {"A": Closes.TOTAL_RETURN}
    assert reading.bars.notes == (
        f"the close is read from `{name}`, so dividends are taken to be in it; "
        "--close says what it is",
    )


def test_what_is_said_of_an_adjusted_column_holds(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "date,ticker,adj_close", "2025-01-02,A,10")
    for stated in (Closes.SPLIT_ONLY, Closes.TOTAL_RETURN):
        reading = read_mapped(str(path), {"close": "adj_close"}, PLAIN, stated=stated)
        assert (reading.bars.closes, reading.bars.notes) == ({"A": stated}, ())


def test_a_column_that_is_named_adjusted_only_by_us(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "date,ticker,close,TR", "2025-01-02,A,20,10")
    reading = read_mapped(str(path), {"adj_close": "TR"}, PLAIN)
    assert (reading.bars.closes, reading.bars.notes) == ({"A": Closes.BOTH}, ())
