"""One table of prices, read only as far as it is needed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from backtest.errors import Problem
from backtest.prices._short_rows import short_rows
from backtest.prices._tables import Table, raise_all, reading
from backtest.prices.currencies import CURRENCY
from backtest.prices.provider import BARS

if TYPE_CHECKING:
    import polars as pl

_NUMBERS = ("open", "high", "low", "close", "adj_close", "volume")


class TablePart:
    """One table; `ticker` is set where the file's name says what it is about."""

    def __init__(self, table: Table, ticker: str | None = None) -> None:
        if ticker is None:
            raise_all(table.require("date", "ticker", "close"))
        self.table = table
        self.ticker = ticker

    def rows(self, tickers: list[str], start: dt.date | None, end: dt.date | None) -> pl.DataFrame:
        """Return `BARS` rows of the tickers within the dates, as they stand."""
        import polars as pl

        table = self.table
        raise_all(short_rows(table))
        there = [name for name in _NUMBERS if name in table.schema]
        missing = [pl.lit(None, pl.Float64).alias(n) for n in _NUMBERS if n not in there]
        garbage = [table.unreadable(name) for name in there]
        day = pl.col("date")
        query = self._of(tickers).select(
            table.date(),
            pl.col("ticker"),
            *(table.number(name) for name in there),
            pl.any_horizontal(pl.lit(False), *garbage).alias("garbage"),
        )
        if start is not None:
            query = query.filter(day.is_null() | (day >= start))
        if end is not None:
            query = query.filter(day.is_null() | (day <= end))
        with reading(table.place):
            frame = query.collect()
        if frame["date"].null_count() or frame["garbage"].any():
            raise_all([*self._bad_dates(tickers), *self._bad_numbers(tickers, there)])
            frame = frame.filter(day.is_not_null())
        return frame.with_columns(missing).select(BARS.names)

    def currencies(self, tickers: list[str]) -> pl.DataFrame | None:
        """Return `ticker`, `currency` as written and its first `date`; None without the column."""
        import polars as pl

        if CURRENCY not in self.table.schema:
            return None
        word = pl.col(CURRENCY).cast(pl.String)
        query = self._of(tickers).select("ticker", self.table.date(), word)
        with reading(self.table.place):
            return query.group_by("ticker", CURRENCY).agg(pl.col("date").min()).collect()

    def tickers(self) -> list[str]:
        """Return the tickers in this table."""
        import polars as pl

        if self.ticker is not None:
            return [self.ticker]
        with reading(self.table.place):
            known = self.table.frame.select(pl.col("ticker").cast(pl.String).unique()).collect()
        return known["ticker"].drop_nulls().to_list()

    def last_date(self) -> dt.date | None:
        """Return the last date in this table."""
        with reading(self.table.place):
            last = self.table.frame.select(self.table.date().max()).collect().item()
        return last if isinstance(last, dt.date) else None

    def _of(self, tickers: list[str]) -> pl.LazyFrame:
        import polars as pl

        if self.ticker is not None:
            return self.table.frame.with_columns(ticker=pl.lit(self.ticker))
        text = pl.col("ticker").cast(pl.String)
        if self.table.schema["ticker"] != pl.String:
            return self.table.frame.with_columns(text).filter(text.is_in(tickers))
        return self.table.frame.filter(pl.col("ticker").is_in(tickers))

    def _bad_dates(self, tickers: list[str]) -> list[Problem]:
        """A date that is there but cannot be read; rows without any are left out."""
        import polars as pl

        written = pl.col("date").is_not_null()
        bad = written & self.table.date().is_null() & self._wanted(tickers)
        return self._located(bad, "date", "date", "write dates as 2025-10-06")

    def _bad_numbers(self, tickers: list[str], names: list[str]) -> list[Problem]:
        return [
            problem
            for name in names
            for problem in self._located(
                self.table.unreadable(name) & self._wanted(tickers),
                name,
                "number",
                "write numbers as 1234.56",
            )
        ]

    def _wanted(self, tickers: list[str]) -> pl.Expr:
        import polars as pl

        if self.ticker is not None:
            return pl.lit(True)
        return pl.col("ticker").cast(pl.String).is_in(tickers)

    def _located(self, bad: pl.Expr, name: str, noun: str, hint: str) -> list[Problem]:
        with reading(self.table.place):
            if not self.table.frame.select(bad.any()).collect().item():
                return []
        where, value, count = self.table.first(bad, name)
        more = f" (the first of {count})" if count > 1 else ""
        return [Problem(f"bad-{noun}", f"`{value}` is not a {noun}{more}", where, name, hint)]
