"""A table of the user's own make, read as they say, with an account of every row left out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from backtest.errors import BadInput, Problem
from backtest.prices._address import place_of, without_secrets
from backtest.prices._cleaning import (
    adjusted_in_part,
    refuse_the_future,
    with_a_close,
    without_repeats,
    without_unusable,
)
from backtest.prices._short_rows import short_lines
from backtest.prices._tables import Table, raise_all, reading, refuse_other_text, scan
from backtest.prices.closes import Closes, closes_in
from backtest.prices.column_map import NEEDED, NUMBERS, found_columns, is_adjusted
from backtest.prices.currencies import CURRENCY, currencies_in
from backtest.prices.notation import Notation
from backtest.prices.provider import BARS, Bars

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".csv", ".txt", ".tsv", ".parquet")
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a table: the bars, and sentences that account for its rows."""

    bars: Bars
    report: tuple[str, ...]


def read_mapped(
    place: str,
    mapping: Mapping[str, str],
    notation: Notation,
    *,
    ticker: str | None = None,
    stated: Closes | None = None,
    latest: dt.date = dt.date.max,
) -> Reading:
    """Read one table of prices.

    Args:
        place: a path or address.
        mapping: our column names with the table's; others are found by their names.
        notation: how it writes numbers and dates.
        ticker: of a table about one security.
        stated: what its closes are; None leaves it to the names of the columns.
        latest: the last day that may have a price.

    Raises:
        BadInput: no such file, or all columns that are missing, else all that is no number or date,
            dates after the latest, several currencies of a security.
        DataUnavailable: nothing could be had from an address.
    """
    raw, names, unused = _opened(place, mapping, notation, ticker)
    frame = _values(raw, notation)
    refuse_the_future(frame, latest, place, lines=raw.is_text)
    where, total = place_of(place), frame.height
    currencies = currencies_in(frame, where) if CURRENCY in frame.columns else {}
    frame = frame.select("row", *BARS.names)
    frame, dropped = _without_keys(frame, raw)
    unique, _ = without_repeats(frame, where)
    dropped["repeats another row"] = frame.height - unique.height
    usable, unusable = without_unusable(unique)
    kept, found = with_a_close(usable)
    dropped["is of a security without any close"] = usable.height - kept.height
    adjusted = stated is None and is_adjusted(names["close"])
    said = Closes.TOTAL_RETURN if adjusted else stated or Closes.UNKNOWN
    taken = (_taken_for_adjusted(names["close"]),) if adjusted else ()
    notes = (*unusable, *adjusted_in_part(kept), *taken)
    bars = Bars(
        BARS.check(kept),
        notes=notes,
        currencies={ticker: code for ticker, code in currencies.items() if ticker in found},
        closes=closes_in(kept, said),
    )
    account = _account(without_secrets(place), total, kept, dropped)
    return Reading(bars, (*account, *_not_used(unused)))


def _opened(
    place: str, mapping: Mapping[str, str], notation: Notation, ticker: str | None
) -> tuple[Table, dict[str, str], list[str]]:
    """Open the table with our names for its columns and the values as they are written.

    Returns:
        The table, our names with its own, and its columns that are not read.
    """
    import polars as pl

    suffix = PurePosixPath(without_secrets(place)).suffix.lower()
    if suffix not in SUFFIXES:
        kinds = ", ".join(SUFFIXES[:-1])
        raise BadInput.because(
            "unknown-format", f"none of {kinds} and {SUFFIXES[-1]}", where=place_of(place)
        )
    with reading(place):
        frame = scan(place, suffix, separator=notation.separator)
        schema = frame.collect_schema()
    refuse_other_text(place, schema.names(), is_text=suffix != ".parquet")
    needed = [name for name in NEEDED if not (name == "ticker" and ticker)]
    names = found_columns(schema.names(), mapping, needed, place_of(place))
    if suffix != ".parquet":
        raise_all(short_lines(place, frame, len(schema), notation.separator))
    columns = [pl.col(theirs).alias(ours) for ours, theirs in names.items()]
    types = {ours: schema[theirs] for ours, theirs in names.items()}
    if ticker:
        columns = [c for c, ours in zip(columns, names, strict=True) if ours != "ticker"]
        columns.append(pl.lit(ticker).alias("ticker"))
        types["ticker"] = pl.String()
    unused = [name for name in schema.names() if name not in names.values()]
    table = Table(place, frame.select(columns), pl.Schema(types), suffix != ".parquet")
    return table, names, unused


def _values(raw: Table, notation: Notation) -> pl.DataFrame:
    """Return `BARS` columns, `row` and any `currency`; nothing in them is unreadable."""
    import polars as pl

    numbers = [name for name in NUMBERS if name in raw.schema]
    readings = {name: _number(raw, name, notation) for name in numbers}
    day = _date(raw, notation)
    raise_all(_unreadable(raw, day, readings, notation))
    absent = [pl.lit(None, pl.Float64).alias(name) for name in NUMBERS if name not in numbers]
    ticker = pl.col("ticker").cast(pl.String).str.strip_chars()
    values = [value.alias(name) for name, value in readings.items()]
    money = [pl.col(CURRENCY).cast(pl.String)] if CURRENCY in raw.schema else []
    with reading(raw.place):
        return (
            raw.frame.select(day.alias("date"), ticker.replace("", None), *values, *money)
            .with_columns(absent)
            .with_row_index("row")
            .collect()
            .select("row", *BARS.names, *([CURRENCY] if money else []))
        )


def _number(raw: Table, name: str, notation: Notation) -> pl.Expr:
    import polars as pl

    column = pl.col(name)
    if raw.schema[name] != pl.String:
        return column.cast(pl.Float64, strict=False)
    return notation.number(column)


def _date(raw: Table, notation: Notation) -> pl.Expr:
    import polars as pl

    own = notation.date(pl.col("date")) if raw.schema["date"] == pl.String else None
    return raw.date() if own is None else own


def _unreadable(
    raw: Table, day: pl.Expr, readings: Mapping[str, pl.Expr], notation: Notation
) -> Iterator[Problem]:
    import polars as pl

    for name, value in {"date": day, **readings}.items():
        column = pl.col(name)
        bad = column.is_not_null() & value.is_null()
        if raw.schema[name] == pl.String:
            bad &= ~notation.is_nothing(column)
        with reading(raw.place):
            if not raw.frame.select(bad.any()).collect().item():
                continue
        where, text, count = raw.first(bad, name)
        more = f" (the first of {count:,})" if count > 1 else ""
        noun = "date" if name == "date" else "number"
        mend = notation.mend_date if name == "date" else notation.mend_number
        yield Problem(f"bad-{noun}", f"`{text}` is not a {noun}{more}", where, name, mend(text))


def _without_keys(frame: pl.DataFrame, raw: Table) -> tuple[pl.DataFrame, dict[str, int]]:
    """Drop rows that lack a date or a ticker; return how many by why."""
    import polars as pl

    dropped: dict[str, int] = {}
    for name in ("date", "ticker"):
        lacking = frame.filter(pl.col(name).is_null())
        if lacking.height:
            line = f", line {lacking['row'][0] + 2} first" if raw.is_text else ""
            dropped[f"has no {name}{line}"] = lacking.height
        frame = frame.filter(pl.col(name).is_not_null())
    return frame.drop("row"), dropped


def _taken_for_adjusted(name: str) -> str:
    return (
        f"the close is read from `{name}`, so dividends are taken to be in it; "
        "--close says what it is"
    )


def _not_used(columns: list[str]) -> Iterator[str]:
    named = [name for name in columns if name and not re.fullmatch(r"_duplicated_\d+", name)]
    if named:
        noun = "column" if len(named) == 1 else "columns"
        shown = ", ".join(named[:_NAMED]) + (", …" if len(named) > _NAMED else "")
        yield f"not used: the {noun} {shown}"


def _account(
    place: str, total: int, kept: pl.DataFrame, dropped: Mapping[str, int]
) -> Iterator[str]:
    count = kept["ticker"].n_unique()
    noun = "security" if count == 1 else "securities"
    read = "row" if total == 1 else "rows"
    yield f"{place}: {total:,} {read} read, {kept.height:,} kept, of {count:,} {noun}"
    for why, rows in dropped.items():
        if rows:
            yield f"{rows:,} dropped: the row {why}"
