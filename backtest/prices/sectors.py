"""The user's table of sectors: `ticker, sector`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import Location, Problem
from backtest.prices._address import place_of
from backtest.prices._tables import NO_VALUE, Table, open_table, raise_all, reading

if TYPE_CHECKING:
    import polars as pl

TICKER, SECTOR = "ticker", "sector"
Row = tuple[str, str]
"""Ticker and sector, trimmed."""


@dataclass(frozen=True, slots=True)
class Sectors:
    """The sector of each security that has one, in folded case; `source` is where they stand."""

    by_ticker: Mapping[str, str]
    source: str

    def digest(self) -> str:
        """Hash who is in which sector: wherever the table lies, equal ones are equal."""
        text = f"sectors {sorted(self.by_ticker.items())}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def describe(self) -> str:
        """Say in a few words what this is."""
        count, kinds = len(self.by_ticker), len({*self.by_ticker.values()})
        tickers, sectors = f"{count:,} ticker", f"{kinds:,} sector"
        return f"{self.source}, {tickers}{'s' * (count > 1)} in {sectors}{'s' * (kinds > 1)}"


def load_sectors(path: Path) -> Sectors:
    """Return the sectors of a CSV or Parquet table.

    Blanks around a name and upper or lower case do not tell sectors apart. An empty cell, or a
    word for "none" such as n/a, gives none, and a blank row says nothing.

    Raises:
        BadInput: the table cannot be read, lacks a column, holds something else than text or no
            sector at all, leaves the ticker of a sector empty, or gives one two sectors.
    """
    table = open_table(str(path))
    raise_all(table.require(TICKER, SECTOR))
    raise_all(problem for name in (TICKER, SECTOR) for problem in _no_text(table, name))
    with reading(table.place):
        rows = table.frame.select(_trimmed(TICKER), _trimmed(SECTOR)).collect().rows()
    by_ticker = {ticker: sector.casefold() for ticker, sector in rows if _is_given(sector)}
    nothing = [] if by_ticker else [_nothing(table, len(rows))]
    raise_all([*nothing, *_without_ticker(table, rows), *_contradictions(table, rows)])
    return Sectors(by_ticker, str(path))


def _trimmed(name: str) -> pl.Expr:
    import polars as pl

    return pl.col(name).cast(pl.String).str.strip_chars().fill_null("")


def _is_given(sector: str) -> bool:
    return sector.lower() not in NO_VALUE


def _no_text(table: Table, name: str) -> Iterable[Problem]:
    """A column of numbers, dates or anything else; a column of nothing is dealt with later."""
    import polars as pl

    kind = table.schema[name]
    if kind not in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        told = f"the column holds {kind}, not text"
        yield Problem("no-text", told, table.where, name, "write it as text, codes too")


def _nothing(table: Table, height: int) -> Problem:
    told = "no row names a sector" if height else "the table has no rows"
    hint = "one row a security, for example AMD,Technology"
    return Problem("no-sector", told, table.where, SECTOR if height else None, hint)


def _without_ticker(table: Table, rows: list[Row]) -> Iterable[Problem]:
    bad = [place for place, (ticker, sector) in enumerate(rows) if sector and not ticker]
    if bad:
        where, row = _place(table, bad[0])
        told = f"{row}is empty{_more(len(bad))}"
        yield Problem("empty-ticker", told, where, TICKER, "name the security or leave out the row")


def _contradictions(table: Table, rows: list[Row]) -> Iterable[Problem]:
    """Tell the first row that gives a ticker another sector than a row before it."""
    first: dict[str, str] = {}
    bad: dict[str, tuple[int, str]] = {}
    for place, (ticker, sector) in enumerate(rows):
        if ticker and _is_given(sector):
            before = first.setdefault(ticker, sector)
            if before.casefold() != sector.casefold():
                bad.setdefault(ticker, (place, before))
    if bad:
        ticker, (place, before) = next(iter(bad.items()))
        where, row = _place(table, place)
        told = f"{row}{ticker} has two: `{before}` before and `{rows[place][1]}` here"
        hint = "keep one row a ticker"
        yield Problem("two-sectors", told + _more(len(bad)), where, SECTOR, hint)


def _place(table: Table, row: int) -> tuple[Location, str]:
    """Return where row number `row` from 0 stands, and how to say it where a file has no lines."""
    if table.is_text:
        return place_of(table.place, row + 2), ""
    return table.where, f"row {row + 1}: "


def _more(count: int) -> str:
    return f" (the first of {count:,})" if count > 1 else ""
