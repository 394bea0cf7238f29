"""Prices as Stooq writes them: a file, or the tree of folders that its archives unpack to.

    <TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>
    AAPL.US,D,20250102,000000,248.93,249.1,241.82,243.85,55740700,0

or, of one security downloaded from its page (`aapl_us_d.csv`), `Date,Open,High,Low,Close,Volume`;
the file's name then is the ticker. What is adjusted is chosen when the data are downloaded, and the
files do not tell: `stooq:PLACE?close=total-return` does.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import BadInput, Location
from backtest.prices._tables import Table, raise_all, reading, scan, table_of
from backtest.prices.provider import Setup
from backtest.prices.providers._disk import disk_fingerprint, tables_in
from backtest.prices.providers._table_part import TablePart
from backtest.prices.providers._tabular import Tabular

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".txt", ".csv")
_MARK = b"<TICKER>"
_DAILY = "D"
_PAGE = re.compile(r"(?P<stem>.+?)(?:_(?P<market>[a-z]{2}))?_(?P<period>[dwmqy])", re.IGNORECASE)
"""How a page names its download: ticker, market and period."""
_COLUMNS = {"vol": "volume"}
_ENDINGS = {".US": "", ".UK": ".L", ".JP": ".T", ".HU": ".BD"}
"""Where a listing's ending is another one than in our tickers."""
_LOOKED_AT = 1000
"""Files of a folder looked at for the first table."""


class Stooq(Tabular):
    """Daily bars of Stooq's files: `AAPL.US` is AAPL, `VOD.UK` VOD.L, and `.DE` stays."""

    key = "stooq"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)

    @classmethod
    def recognises(cls, place: str) -> bool:
        """Whether a place without the name of a source has files that begin with `<TICKER>`."""
        path = Path(place)
        files = islice(path.rglob("*"), _LOOKED_AT) if path.is_dir() else [path]
        tables = (file for file in files if file.suffix.lower() in SUFFIXES)
        return next((_is_marked(file) for file in tables if _has_content(file)), False)

    def parts(self, wanted: set[str]) -> Iterable[TablePart]:
        """Return the files of these tickers, and those of several."""
        for path, ticker in self._files.items():
            if ticker is None or ticker in wanted:
                yield _part(path, ticker)

    @cached_property
    def known(self) -> set[str]:
        """Every ticker in the files."""
        named = {ticker for ticker in self._files.values() if ticker is not None}
        long = [_part(path, None) for path, ticker in self._files.items() if ticker is None]
        return named.union(*(part.tickers() for part in long))

    def describe(self) -> str:
        """Return the place and how many securities there are."""
        return f"Stooq's {self.name}, {self.counted()}"

    @property
    def last_date(self) -> dt.date | None:
        """None: only reading every file would tell."""
        return None

    def fingerprint(self) -> str | None:
        """Change whenever a file does."""
        return disk_fingerprint(self._files, self.key, self._stated)

    @cached_property
    def _files(self) -> dict[Path, str | None]:
        """The files, and the ticker of each that is about one."""
        files = tables_in(Path(self._place), SUFFIXES, deep=True)
        _refuse_an_archive(files[0])
        return {path: _only_ticker(path) for path in files if _has_content(path)}


def our_ticker(theirs: str) -> str:
    """Return our spelling of a ticker: `aapl.us` → AAPL, `vod.uk` → VOD.L."""
    word = theirs.strip().upper()
    stem, dot, ending = word.rpartition(".")
    return stem + _ENDINGS.get(dot + ending, dot + ending) if dot else word


def _has_content(path: Path) -> bool:
    """Whether a file is not empty: a security that was delisted leaves an empty one."""
    with suppress(OSError):
        return path.stat().st_size > 0
    return False


def _is_marked(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(_MARK)).upper() == _MARK
    return False


def _only_ticker(path: Path) -> str | None:
    """Return the ticker of a file that is about one security, None of one that may have several.

    A file with tickers in its rows is about one where its name says so too: `aapl.us.txt`.
    """
    if not _is_marked(path):
        return _from_page(path)
    named = our_ticker(path.stem)
    with path.open("rb") as file:
        _, row = file.readline(), file.readline(200).decode("utf-8", "replace")
    return named if our_ticker(row.partition(",")[0]) == named else None


def _from_page(path: Path) -> str:
    """Return the ticker of a file without any in it.

    Raises:
        BadInput: it is of weeks or longer.
    """
    page = _PAGE.fullmatch(path.stem)
    if page is None:
        return our_ticker(path.stem)
    period = page["period"].upper()
    if period != _DAILY:
        raise _not_daily(period, Location(path))
    return our_ticker(f"{page['stem']}.{page['market']}" if page["market"] else page["stem"])


def _refuse_an_archive(path: Path) -> None:
    with suppress(OSError):
        if zipfile.is_zipfile(path):
            raise BadInput.because(
                "archive",
                "is an archive, and its files are read once they are unpacked",
                where=Location(path),
                hint=f"unpack it and name the folder: unzip {path} -d stooq, then stooq:stooq",
            )


def _part(path: Path, ticker: str | None) -> TablePart:
    """Open a file.

    Raises:
        BadInput: it cannot be read, lacks a column, or its rows are not of whole days.
    """
    place = str(path)
    frame = scan(place, path.suffix.lower())
    with reading(place):
        theirs = frame.collect_schema().names()
    plain = {name: name.strip().strip("<>").lower() for name in theirs}
    ours = {name: _COLUMNS.get(word, word) for name, word in plain.items()}
    table = table_of(frame.rename(ours), place, is_text=True)
    raise_all(table.require("date", "close", *(["ticker"] if ticker is None else [])))
    if "per" in table.schema:
        _refuse_parts_of_days(table)
    return TablePart(table if ticker else _in_our_tickers(table), ticker)


def _in_our_tickers(table: Table) -> Table:
    """Write the tickers of all rows our way."""
    import polars as pl

    word: pl.Expr = pl.col("ticker").str.strip_chars().str.to_uppercase()
    for theirs, ours in _ENDINGS.items():
        word = (
            pl.when(word.str.ends_with(theirs))
            .then(word.str.strip_suffix(theirs) + ours)
            .otherwise(word)
        )
    return Table(table.place, table.frame.with_columns(ticker=word), table.schema, table.is_text)


def _refuse_parts_of_days(table: Table) -> None:
    import polars as pl

    other = pl.col("per").str.strip_chars().str.to_uppercase() != _DAILY
    with reading(table.place):
        if not table.frame.select(other.any()).collect().item():
            return
    where, value, _ = table.first(other, "per")
    raise _not_daily(value, where)


def _not_daily(period: str, where: Location) -> BadInput:
    return BadInput.because(
        "not-daily",
        f"the period is `{period}`, and only daily rows (D) can be used",
        where=where,
        field="per",
        hint="download the daily data",
    )


PROVIDER = Stooq
