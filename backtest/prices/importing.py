"""Taking the user's own table into the price store, where `--prices auto` finds it first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from backtest.errors import BadInput, BadUsage, Location
from backtest.plain_text import PATTERN, printable, shortened
from backtest.prices._address import place_of
from backtest.prices._damage import lost_versions
from backtest.prices._record import IMPORTED, Damaged, Record
from backtest.prices.closes import Closes, unfit_for_value
from backtest.prices.kept_counts import kept_counts
from backtest.prices.provider import ACTIONS, Bars
from backtest.prices.store import Held, PriceStore

if TYPE_CHECKING:
    import polars as pl

_NAMED = 5
LONGEST_TICKER = 100
"""Characters; an ISIN with its exchange has less than twenty."""


def import_bars(
    store: PriceStore,
    bars: Bars,
    now: dt.datetime,
    counts: pl.DataFrame | None = None,
    *,
    replace: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Record]:
    """Keep bars as they are; a later pull leaves them alone.

    What a security had and the table lacks or contradicts stays as an earlier version. Without
    `counts` its share counts stay too, unless its closes are on another scale now.

    Args:
        store: where to.
        bars: what the table holds.
        now: the time of the import.
        counts: share counts (`SHARES`); those of securities without bars are left out. None for
            those that are stored.
        replace: put the bars in place of what is stored.
        tell: hears in a line what became of a security that was stored.

    Raises:
        BadInput: a ticker that cannot be meant.
        BadUsage: a security is stored already and `replace` was not asked for, or the store
            cannot be written to.
        DataUnavailable: the disk is full.
    """
    _refuse_what_names_nothing(bars.frame)
    parts = {str(part["ticker"][0]): part for part in bars.frame.partition_by("ticker")}
    _refuse_to_overwrite(store, parts, replace=replace)
    out = []
    for ticker, part in parts.items():
        days = part["date"].sort()
        first, last = _closes_between(part)
        record = Record(
            ticker=ticker,
            provider=IMPORTED,
            retrieved_at=now.astimezone(dt.UTC),
            first=first,
            last=last,
            rows=part.height,
            complete_to=days[-1],
            currency=bars.currencies.get(ticker),
            closes=bars.closes.get(ticker, Closes.UNKNOWN),
        )
        there = _present(store, ticker)
        if counts is not None:
            shares = counts.filter(counts["ticker"] == ticker)
        else:
            shares, notes = kept_counts(store, there, part)
            for note in notes:
                tell(f"{ticker}: {note}")
        kept = store.write(Held(record, part.sort("date"), ACTIONS.empty(), shares), there)
        for version in kept.earlier[:1]:
            if version.replaced_at == record.retrieved_at:
                tell(f"{ticker}: {version.why}; what was stored is kept as {version.name}")
        for note in lost_versions(there, kept):
            tell(note)
        out.append(kept)
    return out


def refuse_nothing(bars: Bars, place: str) -> None:
    """Refuse a table of which nothing is left to keep.

    Raises:
        BadInput: there is no row.
    """
    if bars.frame.is_empty():
        raise BadInput.because(
            "nothing-to-import",
            "no row of it can be used, so nothing is stored",
            where=place_of(place),
            hint="a row needs a date, a ticker and a close",
        )


def about_gaps(bars: Bars) -> Iterator[str]:
    """Yield how many rows that are there have no close; a note of zeros may have named some."""
    lacking = bars.frame.filter(bars.frame["close"].is_null()).sort("ticker", "date")
    if lacking.height:
        ticker, day = lacking.select("ticker", "date").row(0)
        rows = "row has" if lacking.height == 1 else "rows have"
        yield f"{lacking.height:,} {rows} no close that can be used (first: {ticker} {day})"


def about_tickers(bars: Bars) -> Iterator[str]:
    """Yield a note where tickers are in small letters, which are others than those in capitals."""
    small = sorted(name for name in set(bars.frame["ticker"]) if name.islower())
    if small:
        shown = ", ".join(small[:_NAMED]) + (", …" if len(small) > _NAMED else "")
        yield f"tickers are kept as they are written: {shown} (not {small[0].upper()})"


def about_counts(bars: Bars, counts: pl.DataFrame | None) -> Iterator[str]:
    """Yield what becomes of share counts of securities that are not imported.

    Args:
        bars: what is imported.
        counts: share counts (`SHARES`), None for none.
    """
    if counts is None:
        return
    absent = sorted(set(counts["ticker"]) - set(bars.frame["ticker"]))
    if absent:
        shown = ", ".join(absent[:_NAMED]) + (", …" if len(absent) > _NAMED else "")
        yield f"share counts of {shown} are left out: the table has no prices of them"


def about_values(closes: dict[str, Closes], kept: Sequence[Record]) -> Iterator[str]:
    """Yield which closes are not for market values, where there are share counts to make any."""
    counted = [record.ticker for record in kept if "shares" in record.digests]
    yield from unfit_for_value(closes, counted)


def _closes_between(part: pl.DataFrame) -> tuple[dt.date, dt.date]:
    """Return the first and the last session with a close, of all rows where there is none."""
    days = part.filter(part["close"].is_not_null())["date"].sort()
    days = part["date"].sort() if days.is_empty() else days
    return days[0], days[-1]


def _refuse_what_names_nothing(frame: pl.DataFrame) -> None:
    """Keep out of file names, tables and messages what no exchange calls anything."""
    import polars as pl

    name = pl.col("ticker")
    odd = frame.filter((name.str.len_chars() > LONGEST_TICKER) | name.str.contains(PATTERN))
    if odd.height:
        first = shortened(odd["ticker"][0], 60)
        raise BadInput.because(
            "no-ticker",
            f"`{printable(first)}` is no ticker: it is longer than {LONGEST_TICKER} characters, "
            "or has one that would command a terminal",
            field="ticker",
        )


def _refuse_to_overwrite(store: PriceStore, tickers: Collection[str], *, replace: bool) -> None:
    there = sorted(ticker for ticker in tickers if _present(store, ticker))
    if there and not replace:
        shown = ", ".join(there[:5]) + (", …" if len(there) > 5 else "")
        raise BadUsage.because(
            "already-stored",
            f"{len(there)} of these are stored already: {shown}",
            where=Location(store.folder),
            hint="import with --replace to put the table in their place",
        )


def _present(store: PriceStore, ticker: str) -> Record | None:
    try:
        return store.record(ticker)
    except Damaged:
        return None
