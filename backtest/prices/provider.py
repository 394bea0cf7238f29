"""What every price provider answers, and the registry of providers.

Bars are one long frame. `close` is split-adjusted but never dividend-adjusted (market value is
computed from it); `adj_close` is the total-return close (returns are computed from it); a provider
that knows no dividends leaves `adj_close` null and returns fall back to `close`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from backtest.contracts import Frame, frame_columns
from backtest.registry import Registry

if TYPE_CHECKING:
    import polars as pl

BARS = Frame(
    "bars",
    "ticker × session",
    ("ticker", "date"),
    frame_columns(
        "date:Date ticker:String open::currency high::currency low::currency close::currency "
        "adj_close::currency volume::shares"
    ),
)
SHARES = Frame(
    "shares",
    "ticker × day a share count became known",
    ("ticker", "known_from"),
    frame_columns("ticker:String known_from:Date shares::shares"),
)


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars found, why others were not, and what the reader should know about them.

    `frame` follows `BARS`, in any row order. `missing` gives a reason for every ticker asked for
    that has no row. `notes` are sentences for the user (revised history, dropped rows, offline).
    """

    frame: pl.DataFrame
    missing: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@runtime_checkable
class PriceProvider(Protocol):
    """A source of bars and share counts; made by the `PROVIDER` factory of its file."""

    key: str

    def bars(
        self, tickers: Collection[str], start: dt.date | None, end: dt.date | None
    ) -> Bars:
        """Return bars from `start` to `end`, both included; None means as far as there are."""
        ...

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return share counts by the day each became known (`SHARES`), on today's split basis."""
        ...


providers: Registry[type[PriceProvider]] = Registry(
    "backtest.prices.providers", "PROVIDER", "price provider"
)
