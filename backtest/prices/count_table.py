"""Share counts from the user's own table: `ticker, known_from, shares`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backtest.errors import Problem
from backtest.prices._short_rows import short_rows
from backtest.prices._tables import Table, open_table, raise_all, reading
from backtest.prices.provider import SHARES

if TYPE_CHECKING:
    import polars as pl

_COLUMNS = ("ticker", "known_from", "shares")


def read_counts(place: str) -> pl.DataFrame:
    """Return the share counts of a `.csv` or `.parquet` table (`SHARES`).

    Args:
        place: path or URL; `known_from` is the day a count was published, `shares` the shares
            outstanding on the split basis of the closes.

    Raises:
        BadInput: no such file, a column that is missing, a value that cannot be meant, two counts
            for one ticker and day, or no row.
        DataUnavailable: nothing could be had from an address.
    """
    import polars as pl

    table = open_table(place)
    raise_all(table.require(*_COLUMNS))
    raise_all(short_rows(table))
    day, count = table.date("known_from"), table.number("shares")
    ticker = pl.col("ticker").cast(pl.String).str.strip_chars().replace("", None)
    raise_all(
        [
            *_bad(table, ticker.is_null(), "ticker", "is no ticker", "AMD"),
            *_bad(table, day.is_null(), "known_from", "is not a date", "2025-08-01"),
            *_bad(table, ~(count.is_finite() & (count > 0)), "shares", "is no count", "2808000000"),
        ]
    )
    with reading(place):
        frame = table.frame.select(ticker, day, count).collect().unique()
    raise_all(_contradictions(table, frame.sort("ticker", "known_from", "shares")))
    return SHARES.check(frame.sort("ticker", "known_from"))


def _contradictions(table: Table, frame: pl.DataFrame) -> Iterator[Problem]:
    """Yield what no counts, and two of one security and day, are."""
    import polars as pl

    if frame.is_empty():
        yield Problem("no-counts", "has no row", table.where, hint="leave --shares out")
    twice = frame.filter(pl.struct("ticker", "known_from").is_duplicated())
    if twice.height:
        ticker, day, one = twice.row(0)
        more = twice.select("ticker", "known_from").n_unique() - 1
        yield Problem(
            "conflicting-counts",
            f"{ticker} has two counts known from {day}, {one:.15g} and {twice['shares'][1]:.15g}"
            + (f"; so have {more} more" if more else ""),
            table.where,
            "shares",
            "keep one count for each ticker and day",
        )


def _bad(table: Table, wrong: pl.Expr, name: str, what: str, example: str) -> list[Problem]:
    """Return one problem for a column's bad values, at the first of them."""
    wrong = wrong.fill_null(True)
    with reading(table.place):
        if not table.frame.select(wrong.any()).collect().item():
            return []
    where, value, count = table.first(wrong, name)
    more = f" (the first of {count})" if count > 1 else ""
    hint = f"write it as {example}"
    return [Problem(f"bad-{name}", f"`{value}` {what}{more}", where, name, hint)]
