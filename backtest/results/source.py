"""What a study asks of a price source."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol

from backtest.prices.provider import Bars

if TYPE_CHECKING:
    import polars as pl


class Source(Protocol):
    """What a study asks of a price source."""

    def bars(self, tickers: list[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return bars."""
        ...

    def shares(self, tickers: list[str]) -> pl.DataFrame:
        """Return share counts."""
        ...

    def describe(self) -> str:
        """Return one line about the source."""
        ...

    def fingerprint(self) -> str | None:
        """Return what changes whenever the source's content does, or None if that is unknown."""
        ...


def pool_tickers(source: Source) -> list[str]:
    """Return every ticker that a source can be asked for without looking elsewhere, sorted."""
    known = getattr(source, "held", None)
    return sorted(known() if callable(known) else all_tickers(source))


def all_tickers(source: Source) -> list[str]:
    """Return every ticker of a source that can list them, else none."""
    lister = getattr(source, "tickers", None)
    return list(lister()) if callable(lister) else []
