"""A folder with one file for each security."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from backtest.errors import BadInput, BadUsage
from backtest.prices.closes import Closes
from backtest.prices.provider import PriceProvider
from backtest.prices.source import open_source

NOW = dt.datetime(2025, 11, 3, tzinfo=dt.UTC)


def opened(place: object) -> PriceProvider:
    return open_source(f"folder:{place}", cache_dir=Path("unused"), now=NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two CSV files, and a Parquet file in a folder of the folder."""
    there = tmp_path / "each"
    (there / "nyse").mkdir(parents=True)
    (there / "orcl.csv").write_text("Date,Close,Adj Close\n2025-01-02,10,9\n2025-01-03,11,10\n")
    (there / "%5EGSPC.csv").write_text("date,close\n2025-01-02,5000\n")
    days = [dt.date(2025, 1, 2)]
    pl.DataFrame({"date": days, "close": [7]}).write_parquet(there / "nyse" / "IBM.parquet")
    return there


def test_names_are_tickers(folder: Path) -> None:
    source = opened(folder)
    out = source.bars(["ORCL", "^GSPC", "IBM", "AMD"], None, None)
    closes = out.frame.sort("ticker", "date").select("ticker", "close").rows()
    assert closes == [("IBM", 7.0), ("ORCL", 10.0), ("ORCL", 11.0), ("^GSPC", 5000.0)]
    assert out.missing == {"AMD": "not in each"}
    assert out.closes == {
        "IBM": Closes.UNKNOWN,
        "ORCL": Closes.BOTH,
        "^GSPC": Closes.UNKNOWN,
    }
    assert source.describe() == "folder each, one file for each of 3 securities"


def test_only_what_is_asked_for_is_opened(folder: Path) -> None:
    (folder / "BROKEN.parquet").write_bytes(b"no parquet")
    (folder / "BAD.csv").write_text("nothing\n")
    assert opened(folder).bars(["ORCL"], None, None).frame.height == 2
    with pytest.raises(BadInput, match=r"BROKEN\.parquet: cannot be read"):
        opened(folder).bars(["BROKEN"], None, None)
    with pytest.raises(BadInput, match=r"BAD\.csv: there is no column `date`"):
        opened(folder).bars(["BAD"], None, None)


def test_what_the_close_is_can_be_said(folder: Path) -> None:
    out = opened(f"{folder}?close=total-return").bars(["^GSPC", "ORCL"], None, None)
    assert set(out.closes.values()) == {Closes.TOTAL_RETURN}


def test_the_fingerprint_follows_files_and_options(folder: Path) -> None:
    prints = {opened(folder).fingerprint(), opened(f"{folder}?close=unknown").fingerprint()}
    assert len(prints) == 1
    prints.add(opened(f"{folder}?close=total-return").fingerprint())
    (folder / "IBM2.csv").write_text("date,close\n")
    prints.add(opened(folder).fingerprint())
    assert len(prints) == 3


def test_two_files_of_one_ticker(folder: Path) -> None:
    (folder / "nyse" / "ORCL.csv").write_text("date,close\n")
    with pytest.raises(BadInput, match="are both about ORCL"):
        opened(folder).bars(["ORCL"], None, None)


def test_a_file_that_names_tickers_itself(folder: Path) -> None:
    (folder / "ALL.csv").write_text("date,ticker,close\n2025-01-02,A,1\n")
    with pytest.raises(BadInput, match="has a column `ticker`"):
        opened(folder).bars(["ALL"], None, None)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("close=gross", r"`gross` is no adjustment of a close"),
        ("clos=total-return", r"`clos` is no option .* \(did you mean `close`\?\)"),
        ("table=x", r"`table` is no option of such a source; there are: close"),
    ],
)
def test_options_that_cannot_be_meant(folder: Path, option: str, expected: str) -> None:
    with pytest.raises(BadUsage, match=expected):
        opened(f"{folder}?{option}")


def test_one_file_is_one_security(folder: Path) -> None:
    source = opened(folder / "orcl.csv")
    assert source.bars(["ORCL"], None, None).frame.height == 2
    with pytest.raises(BadInput, match=r"write folder:.*orcl\.csv"):
        open_source(str(folder / "orcl.csv"), cache_dir=folder, now=NOW).bars(["ORCL"], None, None)
