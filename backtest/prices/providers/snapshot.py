"""The prices that ship with the package: twelve securities around the AI deals of 2025 and 2026."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

from backtest.prices.closes import Closes
from backtest.prices.provider import ACTIONS, BARS, DIVIDEND, SHARES, Bars, Setup

if TYPE_CHECKING:
    import polars as pl


class Snapshot:
    """Daily bars, dividends and share counts from the package; no network, always the same."""

    key = "snapshot"
    remote = False

    def __init__(self, setup: Setup | None = None) -> None:
        del setup

    def bars(self, tickers: Collection[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return the shipped bars of the tickers, both ends of the range included."""
        wanted = sorted(set(tickers))
        frame = _within(_of(read_table("bars"), wanted), "date", start, end)
        there = set(frame["ticker"].unique().to_list())
        return Bars(
            frame,
            {ticker: self._why_missing(ticker) for ticker in wanted if ticker not in there},
            actions=_within(_of(_dividends(), wanted), "date", start, end),
            currencies=dict.fromkeys(sorted(there), "USD"),
            complete_to=self.last_date,
            closes=dict.fromkeys(sorted(there), Closes.BOTH),
        )

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return the shipped share counts of the tickers (`SHARES`)."""
        return _of(SHARES.check(read_table("shares")), sorted(set(tickers)))

    def describe(self) -> str:
        """Return how many securities are shipped and up to when."""
        return f"shipped snapshot, {len(self.tickers)} securities to {self.last_date}"

    @property
    def tickers(self) -> frozenset[str]:
        """The securities that are shipped."""
        return _reach()[0]

    def held(self) -> list[str]:
        """Return the securities that are shipped, sorted."""
        return sorted(self.tickers)

    @property
    def first_date(self) -> dt.date | None:
        """The first day with a bar."""
        return _reach()[1]

    @property
    def last_date(self) -> dt.date | None:
        """The last day with a bar."""
        return _reach()[2]

    def fingerprint(self) -> str | None:
        """Hash the shipped files, which only a new version of the package changes."""
        return _digest()

    def _why_missing(self, ticker: str) -> str:
        if ticker in self.tickers:
            return "no shipped prices between the dates needed"
        return f"not among the {len(self.tickers)} securities of the shipped snapshot"


@cache
def read_table(name: str) -> pl.DataFrame:
    """Return a shipped table: `bars`, `dividends`, `shares` or `factors`."""
    import polars as pl

    frame = pl.read_parquet(BytesIO(_content(name)))
    return BARS.check(frame) if name == "bars" else frame


@cache
def _reach() -> tuple[frozenset[str], dt.date | None, dt.date | None]:
    """Return the securities that are shipped, and their first and last day."""
    bars = read_table("bars")
    tickers, days = frozenset(bars["ticker"].unique().to_list()), bars["date"]
    return tickers, _day(days.min()), _day(days.max())


@cache
def _digest() -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name in ("bars", "dividends", "shares"):
        digest.update(_content(name))
    return digest.hexdigest()


def _content(name: str) -> bytes:
    return (files("backtest.prices") / "data" / f"{name}.parquet").read_bytes()


def _dividends() -> pl.DataFrame:
    import polars as pl

    columns = {"date": pl.col("ex_date"), "kind": pl.lit(DIVIDEND), "value": pl.col("amount")}
    return ACTIONS.check(read_table("dividends").select("ticker", **columns))


def _of(frame: pl.DataFrame, tickers: list[str]) -> pl.DataFrame:
    import polars as pl

    return frame.filter(pl.col("ticker").is_in(tickers))


def _within(
    frame: pl.DataFrame, column: str, start: dt.date | None, end: dt.date | None
) -> pl.DataFrame:
    import polars as pl

    if start is not None:
        frame = frame.filter(pl.col(column) >= start)
    if end is not None:
        frame = frame.filter(pl.col(column) <= end)
    return frame


def _day(value: object) -> dt.date | None:
    return value if isinstance(value, dt.date) else None


PROVIDER = Snapshot
