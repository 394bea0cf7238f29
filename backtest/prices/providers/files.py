"""The user's own prices: a long table, or a folder of tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from backtest.errors import Problem
from backtest.prices._tables import SUFFIXES, Table, open_table, raise_all, separator_in
from backtest.prices.column_map import separator_option
from backtest.prices.provider import Setup
from backtest.prices.providers._disk import disk_fingerprint, tables_in
from backtest.prices.providers._table_part import TablePart
from backtest.prices.providers._tabular import Tabular, latest


class TableFiles(Tabular):
    """Bars from `date, ticker, close`, and any of `open, high, low, adj_close, volume, currency`.

    In a folder, a table without a `ticker` column is about the ticker that names the file.
    """

    key = "files"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)

    def parts(self, wanted: set[str]) -> Iterable[TablePart]:
        """Return the long tables, and those that bear the name of a wanted ticker."""
        return [part for part in self._parts if part.ticker is None or part.ticker in wanted]

    @cached_property
    def known(self) -> set[str]:
        """Every ticker in the tables."""
        return {ticker for part in self._parts for ticker in part.tickers()}

    def describe(self) -> str:
        """Return the file's name, how many securities it holds and up to when."""
        return f"{self.name}, {self.counted()} to {self.last_date}"

    @property
    def last_date(self) -> dt.date | None:
        """The last date in any of the tables."""
        return latest(self._parts)

    def fingerprint(self) -> str | None:
        """Change whenever a file does."""
        return disk_fingerprint(tables_in(Path(self._place), SUFFIXES), self._stated)

    @cached_property
    def _parts(self) -> list[TablePart]:
        path = Path(self._place)
        tables = [open_table(str(file)) for file in tables_in(path, SUFFIXES)]
        needed = ("date", "close") if path.is_dir() else ("date", "ticker", "close")
        raise_all(problem for table in tables for problem in _lacking(table, needed))
        return [
            TablePart(table, None if "ticker" in table.schema else Path(table.place).stem)
            for table in tables
        ]


def _lacking(table: Table, needed: tuple[str, ...]) -> list[Problem]:
    """Return what a table lacks; one that lacks the ticker alone may be of one security."""
    problems = table.require(*needed)
    sign = separator_in(table.schema.names())
    if sign is not None and problems:
        what = f"its columns stand between `{'tab' if sign == chr(9) else sign}`, not commas"
        option = separator_option(sign)
        hint = f"take it into the store: backtest prices import {table.place} {option}"
        return [Problem("separator", what, table.where, hint=hint)]
    if len(problems) == 1 and "ticker" in needed and "ticker" not in table.schema:
        hint = f"where the file's name is the ticker, write folder:{table.place}"
        return [replace(problems[0], hint=problems[0].hint or hint)]
    return problems


PROVIDER = TableFiles
