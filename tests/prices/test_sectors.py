"""The user's table of sectors: what is read, and what is said of one that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from support.bulk import save

from backtest.errors import BadInput
from backtest.prices.sectors import Sectors, load_sectors

ROWS = {"ticker": ["AMD", "NVDA", "XOM"], "sector": ["Technology", " technology ", "Energy"]}


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "s.csv"
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_sectors(path)
    return [str(problem).replace(str(path), path.name) for problem in caught.value.problems]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_sectors_are_trimmed_and_of_one_case(tmp_path: Path, suffix: str) -> None:
    path = save(pl.DataFrame(ROWS), tmp_path / f"s.{suffix}")
    sectors = load_sectors(path)
    assert sectors.by_ticker == {"AMD": "technology", "NVDA": "technology", "XOM": "energy"}
    assert sectors.describe() == f"{path}, 3 tickers in 2 sectors"


def test_case_is_folded_and_tickers_stay_as_they_are(tmp_path: Path) -> None:
    """Tickers are looked up as written, so NA, TRUE and lower case stay; ß is ss in capitals."""
    text = "name,SECTOR,Ticker\na,Straße, NA \nb,STRASSE,TRUE\nc,Straße,abc\n"
    sectors = load_sectors(table(tmp_path, text))
    assert sectors.by_ticker == dict.fromkeys(["NA", "TRUE", "abc"], "strasse")
    assert sectors.describe().endswith("s.csv, 3 tickers in 1 sector")


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["Technology", "Energy"])])
def test_categories_are_text(tmp_path: Path, kind: pl.DataType) -> None:
    frame = pl.DataFrame({"ticker": ["AMD", "XOM"], "sector": ["Technology", "Energy"]})
    path = save(frame.with_columns(pl.col("sector").cast(kind)), tmp_path / "s.parquet")
    assert load_sectors(path).by_ticker == {"AMD": "technology", "XOM": "energy"}


def test_codes_in_csv_are_text(tmp_path: Path) -> None:
    sectors = load_sectors(table(tmp_path, "ticker,sector\nAMD,45\nXOM,010\n"))
    assert sectors.by_ticker == {"AMD": "45", "XOM": "010"}
    assert (
        load_sectors(table(tmp_path, "ticker,sector\nAMD,45\n"))
        .describe()
        .endswith("1 ticker in 1 sector")
    )


@pytest.mark.parametrize("word", ["", "  ", "n/a", "NA", "None", "-", "NaN"])
def test_a_word_for_nothing_is_no_sector(tmp_path: Path, word: str) -> None:
    """Else all securities without one would be compared with each other only."""
    sectors = load_sectors(table(tmp_path, f"ticker,sector\nAMD,Tech\nSPY,{word}\nQQQ,{word}\n"))
    assert sectors.by_ticker == {"AMD": "tech"}


def test_a_ticker_may_be_repeated(tmp_path: Path) -> None:
    text = "ticker,sector\nAMD,Tech\nAMD, TECH\nAMD,\nXOM,Energy\n"
    assert load_sectors(table(tmp_path, text)).by_ticker == {"AMD": "tech", "XOM": "energy"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["s.csv: the file is empty"]),
        (
            "ticker,sector\n",
            ["s.csv: the table has no rows (one row a security, for example AMD,Technology)"],
        ),
        (
            "ticker,sector\nAMD,\nXOM,n/a\n",
            [
                "s.csv: sector: no row names a sector (one row a security, for example "
                "AMD,Technology)"
            ],
        ),
        (
            "symbol,sectors\nAMD,Tech\n",
            [
                "s.csv: there is no column `ticker`; the columns are: symbol, sectors",
                "s.csv: there is no column `sector`; the columns are: symbol, sectors "
                "(did you mean `sectors`?)",
            ],
        ),
        (
            "ticker,sector\nAMD,Tech\n\n ,Energy\n,\n,Energy\n",
            ["s.csv:4: ticker: is empty (the first of 2) (name the security or leave out the row)"],
        ),
        (
            "ticker,sector\nAMD,Tech\nXOM,Energy\nAMD,Energy\nAMD,Banks\nXOM,Tech\n",
            [
                "s.csv:4: sector: AMD has two: `Tech` before and `Energy` here (the first of 2) "
                "(keep one row a ticker)"
            ],
        ),
        (
            "ticker,sector\nAMD,Tech\n,Energy\nAMD,Energy\n",
            [
                "s.csv:3: ticker: is empty (name the security or leave out the row)",
                "s.csv:4: sector: AMD has two: `Tech` before and `Energy` here "
                "(keep one row a ticker)",
            ],
        ),
        ("ticker,sector\nAMD,Tech,x\n", ["s.csv: cannot be read: "]),
        ("ticker,Sector,sector\nAMD,a,b\n", ["s.csv: the columns `Sector` and `sector` both mean"]),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, text: str, lines: list[str]) -> None:
    found = told(table(tmp_path, text))
    assert len(found) == len(lines)
    for one, line in zip(found, lines, strict=True):
        assert one.startswith(line)


def test_a_table_without_lines_tells_the_row(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"ticker": ["AMD", None, "AMD"], "sector": ["Tech", "Tech", "Energy"]},
    )
    assert told(save(frame, tmp_path / "s.parquet")) == [
        "s.parquet: ticker: row 2: is empty (name the security or leave out the row)",
        "s.parquet: sector: row 3: AMD has two: `Tech` before and `Energy` here "
        "(keep one row a ticker)",
    ]


def test_what_is_no_text(tmp_path: Path) -> None:
    frame = pl.DataFrame({"ticker": [1, 2], "sector": [45, 10]})
    assert told(save(frame, tmp_path / "s.parquet")) == [
        f"s.parquet: {name}: the column holds Int64, not text (write it as text, codes too)"
        for name in ("ticker", "sector")
    ]
    nothing = pl.DataFrame({"ticker": ["AMD"], "sector": [None]})
    assert told(save(nothing, tmp_path / "s.parquet"))[0].startswith(
        "s.parquet: sector: no row names a sector"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.csv", "none.csv: there is no such file"),
        ("none.parquet", "none.parquet: there is no such file"),
        ("none.xlsx", "none.xlsx: neither .csv nor .parquet"),
    ],
)
def test_no_such_table(tmp_path: Path, name: str, message: str) -> None:
    assert told(tmp_path / name) == [message]


def test_a_file_that_is_not_what_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    path.write_text("ticker,sector\nAMD,Tech\n")
    (line,) = told(path)
    assert line.startswith("s.parquet: cannot be read: ")


def test_the_digest_is_of_the_content() -> None:
    def digest(source: str, **by_ticker: str) -> str:
        return Sectors(by_ticker, source).digest()

    one = digest("here", A="x", B="y")
    assert one == digest("there", B="y", A="x")
    others = {digest("here", A="x"), digest("here", A="y", B="x"), digest("here", A="x", C="y")}
    assert len(others | {one}) == 4
