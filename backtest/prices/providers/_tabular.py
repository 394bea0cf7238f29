"""What all sources made of tables share: rows gathered, cleaned, and missing tickers explained."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import Location, did_you_mean
from backtest.prices._address import place_of
from backtest.prices._cleaning import (
    adjusted_in_part,
    with_a_close,
    without_repeats,
    without_unusable,
)
from backtest.prices.closes import Closes, closes_in, stated_closes
from backtest.prices.currencies import currencies_in
from backtest.prices.provider import BARS, SHARES, Bars, Setup
from backtest.prices.providers._place import CLOSE, split_place
from backtest.prices.providers._table_part import TablePart

if TYPE_CHECKING:
    import polars as pl

_HINTS = 10
"""Of many missing tickers only the first get a hint, which costs a look at every known one."""


class Tabular(ABC):
    """Bars from tables that are read only as far as they are needed; share counts there are none.

    Args:
        setup: its `place` is `PATH?close=…`, with the source's own options.
        options: names of these.

    Raises:
        BadUsage: an option that is not known, or cannot be meant.
    """

    key: str
    remote = False
    placed = True
    """Whether the source is named with a place: `key:PLACE`."""

    def __init__(self, setup: Setup, *options: str) -> None:
        place = split_place(setup.place, *options, CLOSE)
        self._place, self._options = place.path, place.options
        said = place.options.get(CLOSE)
        self._stated = stated_closes(said, "prices") if said is not None else Closes.UNKNOWN

    @abstractmethod
    def parts(self, wanted: set[str]) -> Iterable[TablePart]:
        """Return the tables that may have rows of these tickers."""

    @cached_property
    @abstractmethod
    def known(self) -> set[str]:
        """Every ticker in the tables."""

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        return Path(self._place).name

    @property
    def where(self) -> Location:
        """The place, for messages."""
        return place_of(self._place)

    def bars(self, tickers: Collection[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return the rows of the tickers, reading no others.

        Raises:
            BadInput: no such file, a column that is missing, dates or numbers that cannot be
                read, two different rows for one ticker and date, or a security in two currencies.
            DataUnavailable: nothing could be had from an address.
        """
        import polars as pl

        wanted = set(tickers)
        parts = list(self.parts(wanted))
        pieces = [part.rows(sorted(wanted), start, end) for part in parts]
        frame = pl.concat([BARS.empty(), *pieces])
        frame, repeats = without_repeats(frame, self.where)
        frame, unusable = without_unusable(frame)
        frame, found = with_a_close(frame)
        missing = self._why_missing(wanted - found)
        return Bars(
            BARS.check(frame),
            missing,
            (*repeats, *unusable, *adjusted_in_part(frame)),
            currencies=self._currencies(parts, found),
            closes=closes_in(frame, self._stated),
        )

    def currencies(self, tickers: Collection[str]) -> dict[str, str]:
        """Return what the tables say of the currencies of these tickers.

        Raises:
            BadInput: no code of a currency, or a security in several.
        """
        wanted = set(tickers)
        return self._currencies(self.parts(wanted), wanted)

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return no counts: a price table has none."""
        del tickers
        return SHARES.empty()

    def tickers(self) -> list[str]:
        """Return every security in the tables, sorted."""
        return sorted(self.known)

    def counted(self) -> str:
        """Return how many securities there are, in words."""
        count = len(self.known)
        return f"{count:,} {'security' if count == 1 else 'securities'}"

    def _currencies(self, parts: Iterable[TablePart], tickers: set[str]) -> dict[str, str]:
        import polars as pl

        said = [part.currencies(sorted(tickers)) for part in parts]
        there = [one.select("ticker", "date", "currency") for one in said if one is not None]
        return currencies_in(pl.concat(there), self.where) if there else {}

    def _why_missing(self, absent: set[str]) -> dict[str, str]:
        if not absent:
            return {}
        by_case = {ticker.upper(): ticker for ticker in self.known}
        out = {}
        for ticker in sorted(absent):
            if ticker in self.known:
                out[ticker] = f"no usable close in {self.name} between the dates needed"
                continue
            few = len(out) < _HINTS
            hint = did_you_mean(by_case.get(ticker.upper(), ticker), self.known) if few else None
            out[ticker] = f"not in {self.name}" + (f" ({hint})" if hint else "")
        return out


def latest(parts: Iterable[TablePart]) -> dt.date | None:
    """Return the last date in any of the tables."""
    return max((day for part in parts if (day := part.last_date()) is not None), default=None)
