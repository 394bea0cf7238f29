"""A remote provider behind the price store: asked only for what the store does not have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from backtest.prices._damage import Damage
from backtest.prices._record import IMPORTED, Damaged, Record
from backtest.prices.provider import ACTIONS, BARS, SHARES, Bars, RemoteProvider
from backtest.prices.refresh import Refreshed, covers, refresh
from backtest.prices.share_counts import cleaned_shares
from backtest.prices.store import Held, PriceStore, record_file

if TYPE_CHECKING:
    import polars as pl

Progress = Callable[[str, int, int], None]

NO_COUNTS = (
    "imported without share counts, so without market values; "
    "`backtest prices import TABLE --shares COUNTS --replace` adds them"
)


class Stored:
    """Bars of one provider, kept in the store and brought up to date there first."""

    remote = False

    def __init__(
        self,
        provider: RemoteProvider,
        store: PriceStore,
        now: dt.datetime,
        progress: Progress | None = None,
    ) -> None:
        self.key = provider.key
        self.store = store
        self._provider = provider
        self._now = now
        self._progress = progress

    def bars(self, tickers: Collection[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return bars from the store, after asking the provider for those that end too early.

        Raises:
            DataUnavailable: the provider cannot be reached, or the disk is full.
            RateLimited: the provider asks us to stop; what came before is saved.
            BadUsage: the store cannot be read, or not written to.
        """
        wanted = sorted(set(tickers))
        self.store.check_readable()
        stale = [ticker for ticker in wanted if not self.has(ticker, start, end)]
        results = list(self.refreshing(stale))
        missing = {r.ticker: r.reason for r in results if r.state == "missing"}
        found = self.read([ticker for ticker in wanted if ticker not in missing], start, end)
        return Bars(
            found.frame,
            {**found.missing, **missing},
            (*(note for r in results for note in r.notes), *found.notes),
            found.actions,
            found.currencies,
            uncounted=found.uncounted,
            closes=found.closes,
        )

    def refreshing(self, tickers: Iterable[str]) -> Iterator[Refreshed]:
        """Refresh securities one by one; new ones with all their history, for one request too.

        Raises:
            DataUnavailable, RateLimited, BadUsage: as `bars`.
        """
        names = list(tickers)
        told = self._progress or (lambda *_: None)
        self._provider.expect(names)
        for place, ticker in enumerate(names):
            told(ticker, place, len(names))
            yield refresh(self.store, self._provider, ticker, self._now)
        if names:
            told("", len(names), len(names))

    def has(self, ticker: str, start: dt.date | None, end: dt.date | None) -> bool:
        """Whether the store has all there is of a security between two days."""
        record = self.record(ticker)
        return record is not None and covers(record, start, end, self._now)

    def record(self, ticker: str) -> Record | None:
        """Return what the store says about a security; None also where that is damaged."""
        try:
            return self.store.record(ticker)
        except Damaged:
            return None

    def damaged(self, tickers: Iterable[str]) -> dict[str, Damage]:
        """Return of which securities the record is torn or lost, whose files are there.

        Raises:
            BadUsage: the store cannot be read.
        """
        lost, found = self.store.lost(), {}
        for ticker in tickers:
            file = record_file(ticker)
            try:
                self.store.record(ticker)
                why = lost.get(file)
            except Damaged as damage:
                why = str(damage)
            if why:
                found[ticker] = Damage(ticker, why if file in why else f"{file}: {why}", None)
        return found

    def read(self, tickers: Iterable[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return what the store has, without asking anybody; notes say what is damaged."""
        found, damaged = self.look(tickers, start, end)
        return replace(found, notes=tuple(damage.note() for damage in damaged.values()))

    def look(
        self, tickers: Iterable[str], start: dt.date | None, end: dt.date | None
    ) -> tuple[Bars, dict[str, Damage]]:
        """Return what the store has, and which securities are there and cannot be read."""
        import polars as pl

        frames, actions, damaged = [BARS.empty()], [ACTIONS.empty()], {}
        missing, currencies, uncounted, closes = {}, {}, {}, {}
        first, last = start or dt.date.min, end or dt.date.max
        for ticker in tickers:
            held = self._held(ticker)
            if isinstance(held, Damage):
                damaged[ticker] = held
                missing[ticker] = held.reason()
                continue
            within = pl.col("date").is_between(first, last)
            if held is None or not held.bars.select(within.any()).item():
                missing[ticker] = _why(held)
                continue
            frames.append(held.bars.filter(within))
            actions.append(held.actions.filter(within))
            closes[ticker] = held.record.closes
            if held.record.currency:
                currencies[ticker] = held.record.currency
            if held.record.provider == IMPORTED and held.shares.is_empty():
                uncounted[ticker] = NO_COUNTS
        bars = Bars(
            pl.concat(frames),
            missing,
            (),
            pl.concat(actions),
            currencies,
            uncounted=uncounted,
            closes=closes,
        )
        return bars, damaged

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return share counts that are stored, on the basis of the stored closes."""
        import polars as pl

        held = [self._held(ticker) for ticker in sorted(set(tickers))]
        counts = [cleaned_shares(h.shares, h.actions) for h in held if isinstance(h, Held)]
        return pl.concat([SHARES.empty(), *counts])

    def describe(self) -> str:
        """Return the provider's name and how far the store reaches."""
        records = self.store.records()
        if not records:
            return f"{self._provider.describe()}, nothing stored yet"
        noun = "security" if len(records) == 1 else "securities"
        return (
            f"{self._provider.describe()} by way of the price store, "
            f"{len(records)} {noun} to {self.last_date}"
        )

    def held(self) -> list[str]:
        """Return the securities of which something is stored, sorted."""
        return sorted(record.ticker for record in self.store.records())

    @property
    def last_date(self) -> dt.date | None:
        """The last day with a bar in the store."""
        return max((record.last for record in self.store.records()), default=None)

    def fingerprint(self) -> str | None:
        """Return None: asking may change what is stored."""
        return None

    def _held(self, ticker: str) -> Held | Damage | None:
        try:
            return self.store.read(ticker)
        except Damaged as damage:
            record = self.record(ticker)
            return Damage(ticker, str(damage), record.provider if record else None)


def _why(held: Held | None) -> str:
    if held is None:
        return "not in the price store"
    return (
        f"the price store has {held.record.first} to {held.record.last} only, "
        "nothing between the dates needed"
    )
