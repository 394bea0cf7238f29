"""What may not reach a panel: unusable prices, rows that are there twice, empty securities."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from backtest.errors import BadInput, Location
from backtest.prices._address import place_of

if TYPE_CHECKING:
    import polars as pl

PRICES = ("open", "high", "low", "close", "adj_close")
_NAMED = 3


def without_unusable(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Set NaN, infinite, zero and negative prices to null; a note counts them and names the first.

    Args:
        frame: `BARS` rows.
    """
    import polars as pl

    bad = {name: _unusable(name) for name in PRICES}
    counts = frame.select(**{name: test.sum() for name, test in bad.items()}).row(0, named=True)
    if not any(counts.values()):
        return frame, ()
    note = _note(frame, {name: test for name, test in bad.items() if counts[name]}, counts)
    mended = frame.with_columns(
        pl.when(~test).then(pl.col(name)).alias(name) for name, test in bad.items() if counts[name]
    )
    return mended, (note,)


def _unusable(name: str) -> pl.Expr:
    import polars as pl

    return ((pl.col(name) <= 0) | ~pl.col(name).is_finite()).fill_null(False)


def _note(frame: pl.DataFrame, bad: dict[str, pl.Expr], counts: dict[str, int]) -> str:
    places: list[str] = []
    for name, test in bad.items():
        rows = frame.filter(test).sort("ticker", "date").head(_NAMED - len(places))
        places += [
            f"{ticker} {date} {name} {value:g}"
            for ticker, date, value in rows.select("ticker", "date", name).iter_rows()
        ]
    total = sum(counts.values())
    more = ", …" if total > len(places) else ""
    noun = "price is" if total == 1 else "prices are"
    return (
        f"{total} {noun} zero, negative or not a number and count as missing "
        f"({', '.join(places)}{more})"
    )


def refuse_the_future(frame: pl.DataFrame, latest: dt.date, place: str, *, lines: bool) -> None:
    """Refuse prices of days to come: they would be held against every other security's end.

    Args:
        frame: `date` and `ticker`, and `row` where there are lines.
        latest: the last day that may have a price.
        place: the source, for the message.
        lines: whether row 0 is line 2 of the source.

    Raises:
        BadInput: a later date, at the first of them.
    """
    import polars as pl

    late = frame.filter(pl.col("date") > latest)
    if late.is_empty():
        return
    one = late.row(0, named=True)
    whose = f"{one['ticker']} " if one["ticker"] else ""
    more = f" (the first of {late.height:,})" if late.height > 1 else ""
    raise BadInput.because(
        "future-date",
        f"{whose}{one['date']} is still to come; no price is of a day after {latest}{more}",
        where=place_of(place, one["row"] + 2 if lines else 0),
        field="date",
        hint="mend the date, or say how dates are written; or set this machine's clock",
    )


def without_repeats(frame: pl.DataFrame, where: Location) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Drop rows that repeat another one exactly, and note how many.

    Args:
        frame: `BARS` rows without null dates or tickers.
        where: the source, for the message.

    Raises:
        BadInput: two rows of one ticker and date differ.
    """
    import polars as pl

    codes = frame["ticker"].cast(pl.Categorical).to_physical().cast(pl.Int64)
    key = codes * (1 << 32) + frame["date"].to_physical()
    if key.n_unique() == len(key):
        return frame, ()
    unique = frame.unique(maintain_order=True)
    twice = unique.filter(pl.struct("ticker", "date").is_duplicated()).sort(
        "ticker", "date", maintain_order=True
    )
    if twice.height:
        raise _conflict(twice, where)
    dropped = frame.height - unique.height
    noun = "row repeats another one and was" if dropped == 1 else "rows repeat others and were"
    return unique, (f"{where}: {dropped} {noun} dropped",)


def with_a_close(frame: pl.DataFrame) -> tuple[pl.DataFrame, set[str]]:
    """Keep the securities that have at least one close; return them and their names."""
    import polars as pl

    if not frame["close"].null_count():
        return frame, set(frame["ticker"].unique().to_list())
    found = frame.filter(pl.col("close").is_not_null())["ticker"].unique()
    return frame.filter(pl.col("ticker").is_in(found.implode())), set(found.to_list())


def adjusted_in_part(frame: pl.DataFrame) -> tuple[str, ...]:
    """Warn of closes without an adjusted close beside them in a security that has some."""
    import polars as pl

    if frame["adj_close"].null_count() in (0, frame.height):
        return ()
    some = frame.filter(pl.col("adj_close").is_not_null())["ticker"].unique()
    bare = frame.filter(
        pl.col("ticker").is_in(some.implode()),
        pl.col("adj_close").is_null() & pl.col("close").is_not_null(),
    )
    if bare.is_empty():
        return ()
    first = bare.sort("ticker", "date").row(0, named=True)
    return (
        f"no adj_close beside the close, so no return, on {bare.height} security-days "
        f"(first: {first['ticker']} {first['date']})",
    )


def _conflict(twice: pl.DataFrame, where: Location) -> BadInput:
    one, other = twice.head(2).to_dicts()
    differing = [name for name in one if one[name] != other[name]]
    name = "close" if "close" in differing else differing[0]
    count = twice.select(["ticker", "date"]).unique().height
    more = f"; {count} sessions are there twice with different values" if count > 1 else ""
    return BadInput.because(
        "conflicting-rows",
        f"{one['ticker']} {one['date']} is there more than once with different values: "
        f"{name} {one[name]} and {other[name]}{more}",
        where=where,
        hint="keep one row for each ticker and date",
    )
