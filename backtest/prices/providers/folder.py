"""A folder with one file for each security, named by its ticker, as many downloaders leave it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from backtest.errors import BadInput, Location
from backtest.prices._tables import SUFFIXES, Table, open_table, raise_all
from backtest.prices.provider import Setup
from backtest.prices.providers._disk import disk_fingerprint, tables_in
from backtest.prices.providers._table_part import TablePart
from backtest.prices.providers._tabular import Tabular


class TickerFolder(Tabular):
    """Bars from `date, close` and optionally `open, high, low, adj_close, volume, currency`.

    The ticker is the file's name in capitals, `%5EGSPC` meaning `^GSPC`. Folders within the folder
    are looked into, and only files of tickers that are asked for are opened.
    """

    key = "folder"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)

    def parts(self, wanted: set[str]) -> Iterable[TablePart]:
        """Return the tables of the tickers."""
        for ticker in sorted(wanted & self._files.keys()):
            table = open_table(str(self._files[ticker]))
            raise_all(table.require("date", "close"))
            self._refuse_a_ticker_column(table)
            yield TablePart(table, ticker)

    def _refuse_a_ticker_column(self, table: Table) -> None:
        if "ticker" in table.schema:
            raise BadInput.because(
                "two-tickers",
                "has a column `ticker`, so its name is not to say what it is about",
                where=table.where,
                hint=f"name the folder as a path: {self._place}",
            )

    @cached_property
    def known(self) -> set[str]:
        """Every ticker that names a file."""
        return set(self._files)

    def describe(self) -> str:
        """Return the folder's name and how many securities it holds."""
        return f"folder {self.name}, one file for each of {self.counted()}"

    @property
    def last_date(self) -> dt.date | None:
        """None: only reading every file would tell."""
        return None

    def fingerprint(self) -> str | None:
        """Change whenever a file does."""
        return disk_fingerprint(sorted(self._files.values()), self.key, self._stated)

    @cached_property
    def _files(self) -> dict[str, Path]:
        files: dict[str, Path] = {}
        for path in tables_in(Path(self._place), SUFFIXES, deep=True):
            ticker = unquote(path.stem).upper()
            twin = files.setdefault(ticker, path)
            if twin != path:
                raise BadInput.because(
                    "ambiguous-ticker",
                    f"the files {twin.name} and {path.name} are both about {ticker}",
                    where=Location(path),
                    hint="keep one file for each ticker",
                )
        return files


PROVIDER = TickerFolder
