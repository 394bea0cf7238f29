"""Files as Stooq writes them: headers, tickers and values as in its downloads."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest

from backtest.errors import BadInput
from backtest.prices.closes import Closes
from backtest.prices.provider import PriceProvider
from backtest.prices.providers.stooq import our_ticker
from backtest.prices.source import open_source

NOW = dt.datetime(2025, 11, 3, tzinfo=dt.UTC)
HEADER = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>"


def opened(word: object) -> PriceProvider:
    return open_source(str(word), cache_dir=Path("unused"), now=NOW)


def row(ticker: str, day: str, close: float, per: str = "D") -> str:
    return f"{ticker},{per},{day},000000,{close - 1},{close + 1},{close - 2},{close},1000,0"


def written(path: Path, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\r\n".join([HEADER, *rows, ""]))
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A tree as the archive of daily US data unpacks to."""
    there = tmp_path / "data" / "daily" / "us"
    aapl = [row("AAPL.US", "20250102", 243.85), row("AAPL.US", "20250103", 243.36)]
    written(there / "nasdaq stocks" / "1" / "aapl.us.txt", *aapl)
    written(there / "nyse stocks" / "brk-b.us.txt", row("BRK-B.US", "20250102", 451.0))
    (there / "nyse stocks" / "gone.us.txt").write_text("")
    return tmp_path / "data"


def test_a_tree_of_files(archive: Path) -> None:
    source = opened(f"stooq:{archive}")
    out = source.bars(["AAPL", "BRK-B", "AAPL.US"], dt.date(2025, 1, 3), None)
    columns = ["ticker", "date", "open", "high", "low", "close", "volume", "adj_close"]
    (bar,) = out.frame.select(columns).rows()
    assert bar[:2] == ("AAPL", dt.date(2025, 1, 3))
    assert bar[2:6] == pytest.approx((242.36, 244.36, 241.36, 243.36))
    assert bar[6:] == (1000.0, None)
    assert out.missing == {
        "AAPL.US": "not in data (did you mean `AAPL`?)",
        "BRK-B": "no usable close in data between the dates needed",
    }
    assert source.describe() == "Stooq's data, 2 securities"


def test_a_tree_is_recognised_without_its_name(archive: Path) -> None:
    assert opened(archive).key == "stooq"
    assert opened(archive / "daily" / "us" / "nyse stocks" / "brk-b.us.txt").key == "stooq"


def test_all_securities_of_one_day_in_one_file(tmp_path: Path) -> None:
    rows = [row("AAPL.US", "20250102", 243.85), row("^SPX", "20250102", 5868.55)]
    path = written(tmp_path / "20250102_d.txt", *rows, row("VOD.UK", "20250102", 68.0))
    source = opened(path)
    out = source.bars(["AAPL", "^SPX", "VOD.L"], None, None)
    assert out.missing == {}
    assert dict(out.frame.select("ticker", "close").rows()) == {
        "AAPL": 243.85,
        "^SPX": 5868.55,
        "VOD.L": 68.0,
    }


def test_one_security_from_its_page(tmp_path: Path) -> None:
    path = tmp_path / "orcl_us.us.csv"
    path.write_text("Date,Open,High,Low,Close,Volume\n2025-01-02,1,3,1,2,10\n2025-01-03,1,3,1,2,\n")
    path = path.rename(tmp_path / "orcl.us.csv")
    assert opened(path).key == "files"
    out = opened(f"stooq:{path}").bars(["ORCL"], None, None)
    assert out.frame.sort("date")["volume"].to_list() == [10.0, None]
    assert out.missing == {}


def test_the_files_do_not_tell_what_is_adjusted(archive: Path) -> None:
    assert opened(archive).bars(["AAPL"], None, None).closes == {"AAPL": Closes.UNKNOWN}
    said = opened(f"stooq:{archive}?close=total-return").bars(["AAPL"], None, None)
    assert said.closes == {"AAPL": Closes.TOTAL_RETURN}


def test_rows_of_five_minutes_are_refused(tmp_path: Path) -> None:
    rows = [row("AAPL.US", "20250102", 243.85), row("AAPL.US", "20250102", 243.9, per="5")]
    path = written(tmp_path / "aapl.us.txt", *rows)
    with pytest.raises(BadInput) as error:
        opened(path).bars(["AAPL"], None, None)
    assert str(error.value) == (
        f"{path}:3: per: the period is `5`, and only daily rows (D) can be used "
        "(download the daily data)"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{HEADER}\nA.US,D,20251302,0,1,1,1,1,1,0\n", r":2: date: `20251302` is not a date"),
        (f"{HEADER}\nA.US,D,20250102,0,1,1,1,x,1,0\n", r":2: close: `x` is not a number"),
        ("<TICKER>,<DATE>\nA.US,20250102\n", "there is no column `close`"),
        ("Exceeded the daily hits limit\n", "there is no column `date`"),
    ],
)
def test_files_that_are_damaged(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "a.us.txt"
    path.write_text(text)
    with pytest.raises(BadInput, match=expected):
        opened(f"stooq:{path}").bars(["A"], None, None)


def test_a_folder_without_any_table(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with pytest.raises(BadInput, match=r"holds no \.csv or \.txt table"):
        opened(f"stooq:{tmp_path / 'd'}").bars(["A"], None, None)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("aapl.us", "AAPL"), ("brk-b.us", "BRK-B"), ("vod.uk", "VOD.L"), ("sap.de", "SAP.DE")],
)
def test_tickers(theirs: str, ours: str) -> None:
    assert our_ticker(theirs) == ours


@pytest.mark.parametrize(
    ("name", "ticker"),
    [
        ("amd_us_d.csv", "AMD"),
        ("brk-b_us_d.csv", "BRK-B"),
        ("vod_uk_d.csv", "VOD.L"),
        ("^spx_d.csv", "^SPX"),
        ("orcl.us.csv", "ORCL"),
    ],
)
def test_what_a_page_calls_its_download(tmp_path: Path, name: str, ticker: str) -> None:
    (tmp_path / name).write_text("Date,Open,High,Low,Close,Volume\n2025-01-02,1,3,1,2,10\n")
    out = opened(f"stooq:{tmp_path}").bars([ticker], None, None)
    assert out.missing == {}
    assert out.frame["close"].to_list() == [2.0]


def test_weeks_of_a_page_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "amd_us_w.csv"
    path.write_text("Date,Open,High,Low,Close,Volume\n2025-01-03,1,3,1,2,10\n")
    with pytest.raises(BadInput, match="the period is `W`, and only daily rows"):
        opened(f"stooq:{path}").bars(["AMD"], None, None)


def test_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "d_us_txt.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/daily/us/nasdaq stocks/1/amd.us.txt", HEADER)
    with pytest.raises(BadInput, match=r"is an archive, and its files are read once .* unzip"):
        opened(f"stooq:{path}").bars(["AMD"], None, None)
