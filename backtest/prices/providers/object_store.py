"""Prices at an address that Polars can scan: an object store (S3, Google, Azure), a web server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from backtest.errors import BadInput, BadUsage, DataUnavailable
from backtest.prices._address import is_address, without_secrets
from backtest.prices._tables import SUFFIXES, Table, raise_all, scan, table_of
from backtest.prices.provider import Setup
from backtest.prices.providers._table_part import TablePart
from backtest.prices.providers._tabular import Tabular, latest

_FILE = "__file"


class ObjectStore(Tabular):
    """One table, or all that a folder (`s3://bucket/prices/`) or pattern (`s3://…/*.csv`) names.

    The columns are those of table files. In a folder both formats are read. Of several files
    without a column `ticker`, the names are the tickers. Credentials come from
    environment variables alone (`prices/_address.py`).

    Raises:
        BadUsage: the place is no address.
    """

    key = "object_store"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        if not is_address(self._place):
            raise BadUsage.because(
                "no-address",
                f"`{self._place}` is no address",
                field="prices",
                hint="write it as object_store:s3://bucket/prices.parquet",
            )

    @classmethod
    def recognises(cls, place: str) -> bool:
        """Whether a place without the name of a source is for this one."""
        return is_address(place)

    def parts(self, wanted: set[str]) -> Iterable[TablePart]:
        """Return the tables: one, or one for each format."""
        del wanted
        return self._parts

    @cached_property
    def known(self) -> set[str]:
        """Every ticker in the tables."""
        return {ticker for part in self._parts for ticker in part.tickers()}

    @property
    def name(self) -> str:
        """The last part of the address."""
        return PurePosixPath(urlsplit(self._place).path).name or self._place

    def describe(self) -> str:
        """Return the address, how many securities are there and up to when."""
        return f"{without_secrets(self._place)}, {self.counted()} to {self.last_date}"

    @cached_property
    def last_date(self) -> dt.date | None:
        """The last date in the tables."""
        return latest(self._parts)

    def fingerprint(self) -> str | None:
        """Return None: an address does not tell what is there without being asked."""
        return None

    @cached_property
    def _parts(self) -> list[TablePart]:
        path = urlsplit(self._place).path
        if not path.endswith("/"):
            return [self._part(self._place, PurePosixPath(path).suffix.lower())]
        found: list[TablePart] = []
        absent: list[DataUnavailable] = []
        for suffix in SUFFIXES:
            try:
                found.append(self._part(f"{self._place}**/*{suffix}", suffix))
            except DataUnavailable as error:
                if error.problems[0].code != "missing-file":
                    raise
                absent.append(error)
        if not found:
            raise absent[0]
        return found

    def _part(self, place: str, suffix: str) -> TablePart:
        several = "*" in place
        if suffix not in SUFFIXES:
            raise BadInput.because(
                "unknown-format",
                "neither .csv nor .parquet",
                where=self.where,
                hint="an address ends with /, .csv or .parquet, as s3://bucket/prices/*.csv",
            )
        frame = scan(place, suffix, files=_FILE if several else None)
        table = table_of(frame, self._place, is_text=suffix == ".csv" and not several)
        if several and "ticker" not in table.schema:
            table = _named_by_files(table)
        raise_all(table.require("date", "ticker", "close"))
        return TablePart(table)


def _named_by_files(table: Table) -> Table:
    """Take each row's ticker from the name of its file."""
    import polars as pl

    stem = pl.col(_FILE).str.extract(r"([^/]+)\.[^./]+$")
    schema = pl.Schema({**table.schema, "ticker": pl.String()})
    return replace(table, frame=table.frame.with_columns(ticker=stem), schema=schema)


PROVIDER = ObjectStore
