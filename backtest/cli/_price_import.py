"""`backtest prices import`: a table of one's own, with its columns and its notation said."""

from __future__ import annotations

import datetime as dt
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backtest.cli._options import cache_folder, cache_option
from backtest.cli._price_views import as_table
from backtest.cli._say import note as say_note
from backtest.cli._say import say

if TYPE_CHECKING:
    from backtest.prices.mapped_table import Reading
    from backtest.prices.notation import Notation, Order

_TOMORROW = dt.timedelta(days=1)
"""What is today in UTC is tomorrow in Tokyo."""


@click.command(name="import")
@click.argument("table")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="OURS=THEIRS,…",
    help="What the table calls date, ticker, close, open, high, low, adj_close, volume, currency.",
)
@click.option("--ticker", help="Ticker of a table about one security.")
@click.option(
    "--close",
    "stated",
    type=click.Choice(["split-adjusted", "total-return", "unknown"]),
    help="What the close is: without dividends, or with them. Market values need one without.",
)
@click.option("--decimal-comma", is_flag=True, help="Numbers are written as 1,5.")
@click.option("--thousands", default="", metavar="SIGN", help="What stands between thousands.")
@click.option("--day-first", is_flag=True, help="Dates are written as 31.12.2025 or 31/12/2025.")
@click.option("--month-first", is_flag=True, help="Dates are written as 12/31/2025.")
@click.option("--date-format", default="", metavar="FORMAT", help="As '%d %b %Y' for 31 Dec 2025.")
@click.option("--separator", default=",", metavar="SIGN", help="Between the values.  [default: ,]")
@click.option(
    "--shares",
    metavar="COUNTS",
    help="Share counts to value the securities by: a table ticker, known_from, shares. Without "
    "it --replace leaves those that are stored.",
)
@click.option("--replace", is_flag=True, help="Put the table in place of what is stored.")
@cache_option
def import_table(
    table: str,
    mapping: tuple[str, ...],
    ticker: str | None,
    stated: str | None,
    decimal_comma: bool,
    thousands: str,
    day_first: bool,
    month_first: bool,
    date_format: str,
    separator: str,
    shares: str | None,
    replace: bool,
    cache: Path | None,
) -> None:
    """Take a price TABLE (.parquet, .csv, an address), or any source of `--prices`, into the store.

    `--prices auto` then finds it first, and pulls leave it alone. Without share counts there are
    no market values. Nothing is guessed: columns, numbers and dates that are not as in our own
    tables are named by options, and every row that is not taken is accounted for.

    \b
    Examples:
      backtest prices import my-prices.parquet
      backtest prices import terminal.csv --map close=PX_LAST,ticker=Security --day-first
      backtest prices import orcl.csv --ticker ORCL --separator ';' --decimal-comma
    """
    from backtest.prices.column_map import parse_map
    from backtest.prices.count_table import read_counts
    from backtest.prices.importing import (
        about_counts,
        about_gaps,
        about_tickers,
        about_values,
        import_bars,
        refuse_nothing,
    )
    from backtest.prices.notation import Notation
    from backtest.prices.store import price_store

    order = _order(day_first, month_first)
    sign = "\t" if separator in ("\\t", "tab") else separator
    notation = Notation(sign, decimal_comma, thousands, order, date_format)
    now = dt.datetime.now(dt.UTC)
    read = _read(table, parse_map(mapping), notation, ticker, stated, cache_folder(cache), now)
    counts = read_counts(shares) if shares else None
    for line in read.report:
        say(line)
    refuse_nothing(read.bars, table)
    about = (about_gaps(read.bars), about_tickers(read.bars), about_counts(read.bars, counts))
    for note in chain(read.bars.notes, *about):
        say_note(note)
    store = price_store(cache_folder(cache))
    kept = import_bars(store, read.bars, now, counts, replace=replace, tell=say_note)
    for note in about_values(read.bars.closes, kept):
        say_note(note)
    click.echo(as_table(kept))


def _order(day_first: bool, month_first: bool) -> Order:
    from backtest.errors import BadUsage

    if day_first and month_first:
        raise BadUsage.because(
            "two-date-forms", "--day-first and --month-first exclude each other", field="day-first"
        )
    return "day-first" if day_first else "month-first" if month_first else "iso"


def _read(
    table: str,
    mapping: dict[str, str],
    notation: Notation,
    ticker: str | None,
    stated: str | None,
    cache_dir: Path,
    now: dt.datetime,
) -> Reading:
    """Read one table as the options say; without any of them, whatever `--prices` takes.

    Raises:
        BadUsage: options that only a single table can follow, for something else.
    """
    from backtest.errors import BadUsage
    from backtest.prices.closes import STATED
    from backtest.prices.mapped_table import read_mapped
    from backtest.prices.notation import Notation

    said = STATED[stated] if stated else None
    if not table.strip():
        raise BadUsage.because(
            "no-table", "no table is named", field="import", hint="name a .csv or .parquet file"
        )
    if _is_one_table(table):
        latest = (now + _TOMORROW).date()
        return read_mapped(table, mapping, notation, ticker=ticker, stated=said, latest=latest)
    if mapping or ticker or stated or notation != Notation():
        raise BadUsage.because(
            "not-one-table",
            f"{table} is not one table, which columns and notation could be said of",
            field="import",
            hint="import a .csv or .parquet file; PLACE?close=… says what the close of a source is",
        )
    return _read_source(table, cache_dir, now)


def _is_one_table(table: str) -> bool:
    """Whether this is one file that no other source claims."""
    from backtest.prices.mapped_table import SUFFIXES
    from backtest.prices.source import named_source

    if "*" in table or "?" in table or Path(table).suffix.lower() not in SUFFIXES:
        return False
    return named_source(table) in ("files", "object_store") and not Path(table).is_dir()


def _read_source(word: str, cache_dir: Path, now: dt.datetime) -> Reading:
    """Read everything that a source has.

    Raises:
        BadUsage: the source cannot say what it has.
        BadInput: it has prices of days to come.
    """
    from backtest.errors import BadUsage
    from backtest.prices._cleaning import refuse_the_future
    from backtest.prices.mapped_table import Reading
    from backtest.prices.source import open_source
    from backtest.results.source import all_tickers

    source = open_source(word, cache_dir=cache_dir, now=now)
    known = all_tickers(source)
    if not known:
        raise BadUsage.because(
            "no-import", f"`{word}` cannot be imported: it is no table", field="import"
        )
    bars = source.bars(known, None, None)
    refuse_the_future(bars.frame, (now + _TOMORROW).date(), word, lines=False)
    count = bars.frame["ticker"].n_unique()
    noun = "security" if count == 1 else "securities"
    lost = [f"{ticker} left out: {why}" for ticker, why in sorted(bars.missing.items())]
    rows = "row" if bars.frame.height == 1 else "rows"
    kept = f"{source.describe()}: {bars.frame.height:,} {rows} kept, of {count:,} {noun}"
    return Reading(bars, (kept, *lost))
