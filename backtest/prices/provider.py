"""What every price provider answers, and the registry of providers.

Bars are one long frame. `close` is split-adjusted but never dividend-adjusted (market value is
computed from it); `adj_close` is the total-return close (returns are computed from it); a provider
that knows no dividends leaves `adj_close` null and returns fall back to `close`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from backtest.contracts import Frame, frame_columns
from backtest.prices.closes import Closes
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
ACTIONS = Frame(
    "actions",
    "ticker × ex-date × kind",
    ("ticker", "date", "kind"),
    frame_columns("ticker:String date:Date kind:String value"),
)
DIVIDEND, SPLIT = "dividend", "split"


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars found, why others were not, and what the reader should know about them.

    `frame` follows `BARS`, in any row order. `missing` gives a reason for every ticker asked for
    that has no row. `notes` are sentences for the user (revised history, dropped rows, offline).
    `actions` follows `ACTIONS` where the provider knows them: a dividend's value is the amount a
    share on the price's basis, a split's the number of new shares for one old. `currencies` are
    the listing's, where the provider says so. `complete_to` is the last day up to which the
    provider had everything, where it can tell. `uncounted` says of securities that were found why
    they have no share counts, where the provider knows.
    """

    frame: pl.DataFrame
    missing: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    actions: pl.DataFrame | None = None
    currencies: dict[str, str] = field(default_factory=dict)
    complete_to: dt.date | None = None
    uncounted: dict[str, str] = field(default_factory=dict)
    closes: dict[str, Closes] = field(default_factory=dict)


@runtime_checkable
class PriceProvider(Protocol):
    """A source of bars and share counts; made by the `PROVIDER` factory of its file."""

    key: str
    remote: bool
    """Whether asking costs a network call, so that answers are kept in the price store."""

    def bars(self, tickers: Collection[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return bars from `start` to `end`, both included; None means as far as there are."""
        ...

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return share counts by the day each became known (`SHARES`), on today's split basis."""
        ...

    def describe(self) -> str:
        """Say in a few words what this is and how far it reaches."""
        ...

    @property
    def last_date(self) -> dt.date | None:
        """The last day with a bar, or None where only asking would tell."""
        ...

    def fingerprint(self) -> str | None:
        """Name the present content, cheaply; None where that cannot be known."""
        ...


@dataclass(frozen=True, slots=True)
class Reported:
    """Share counts of a security as they were reported (`SHARES`), and what to know about them."""

    counts: pl.DataFrame
    notes: tuple[str, ...] = ()


class RemoteProvider(PriceProvider, Protocol):
    """A provider over the network, whose answers the price store keeps and brings up to date."""

    def reported_shares(self, ticker: str, start: dt.date | None) -> Reported:
        """Return share counts as they were reported, duplicates and old basis included.

        The store keeps these, so that a later split only changes how they are read.
        """
        ...

    def expect(self, tickers: Collection[str]) -> None:
        """Hear what will be asked for next, so that one request may serve many securities."""
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """What a provider may need to be made; each takes what it uses.

    `place` is the path or address of tables, with what else is to be known about them behind a
    `?`. A `patient` provider waits and tries again when it is refused; an impatient one gives up at
    once. `rate` is in requests a second.
    """

    now: dt.datetime
    cache_dir: Path
    place: str = ""
    patient: bool = True
    rate: float = 1.0


providers: Registry[Callable[[Setup], PriceProvider]] = Registry(
    "backtest.prices.providers", "PROVIDER", "price provider"
)
