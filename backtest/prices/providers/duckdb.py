"""Prices from a table, view or query of a DuckDB file: `duckdb:FILE.duckdb?table=prices`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from backtest.errors import BadInput, BadUsage
from backtest.prices._address import is_on_disk
from backtest.prices.provider import Setup
from backtest.prices.providers._disk import disk_fingerprint
from backtest.prices.providers._table_part import TablePart
from backtest.prices.providers._tabular import Tabular, latest

_SUFFIX = ".duckdb"


class DuckDB(Tabular):
    """Bars from columns as those of table files, by `?table=NAME` or `?query=SELECT …`.

    Neither is needed where the file has one table only, or one called `prices`. The file is opened
    for reading, and a query can reach nothing but what is in it.

    Raises:
        BadUsage: duckdb is not installed, or both a table and a query are named.
    """

    key = "duckdb"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, "table", "query")
        if find_spec("duckdb") is None:
            raise BadUsage.because(
                "missing-library",
                "prices in a DuckDB file need the library duckdb, which is not installed",
                field="prices",
                hint="install it: pip install 'backtest[duckdb]'",
            )
        if {"table", "query"} <= self._options.keys():
            raise BadUsage.because(
                "table-and-query",
                "name a table or a query, not both",
                field="prices",
                hint="a query can name the table itself",
            )

    @classmethod
    def recognises(cls, place: str) -> bool:
        """Whether a place without the name of a source is a DuckDB file."""
        return Path(place.partition("?")[0]).suffix.lower() == _SUFFIX

    def parts(self, wanted: set[str]) -> Iterable[TablePart]:
        """Return the rows of these tickers."""
        from backtest.prices.providers._duckdb_table import rows_of

        return [TablePart(rows_of(self._path, self._options, wanted))]

    @cached_property
    def known(self) -> set[str]:
        """Every ticker in the table."""
        from backtest.prices.providers._duckdb_table import tickers_of

        return tickers_of(self._path, self._options)

    def describe(self) -> str:
        """Return the file's name, how many securities it holds and up to when."""
        return f"DuckDB file {self.name}, {self.counted()} to {self.last_date}"

    @cached_property
    def last_date(self) -> dt.date | None:
        """The last date in the table."""
        from backtest.prices.providers._duckdb_table import days_of

        return latest([TablePart(days_of(self._path, self._options))])

    def fingerprint(self) -> str | None:
        """Change whenever the file does, or what is asked of it."""
        wal = self._path.with_name(self._path.name + ".wal")
        files = [self._path, *([wal] if wal.exists() else [])]
        asked = "&".join(f"{name}={value}" for name, value in sorted(self._options.items()))
        return disk_fingerprint(files, self.key, asked)

    @property
    def _path(self) -> Path:
        path = Path(self._place)
        if not (is_on_disk(self._place) and path.is_file()):
            raise BadInput.because("missing-file", "there is no such file", where=self.where)
        return path


PROVIDER = DuckDB
