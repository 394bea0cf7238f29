"""`--prices auto`: the store, then the shipped snapshot, then Yahoo for what neither has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from backtest.errors import BacktestError, DataUnavailable, Location
from backtest.prices._damage import Damage
from backtest.prices._too_short import STAND_IN, too_short
from backtest.prices.provider import ACTIONS, BARS, Bars
from backtest.prices.refresh import Refreshed, last_finished_weekday
from backtest.prices.stored import Stored

if TYPE_CHECKING:
    import polars as pl

    from backtest.prices.providers.snapshot import Snapshot

AUTO = "auto"
STORE, SNAPSHOT = "store", "snapshot"
_NAMED = 4


class Auto:
    """The store, then the shipped snapshot, then Yahoo for what neither has.

    A security comes from one place only, bars and share counts, never half from each: the two may
    stand on different split and dividend bases. Where something is stored and the shipped prices
    are used nevertheless, a note says why. Once Yahoo fails to answer it is not asked again; one
    note says what ends early or is missing for that reason.
    """

    key = AUTO
    remote = False

    def __init__(
        self, stored: Stored, snapshot: Snapshot, now: dt.datetime, *, offline: bool = False
    ) -> None:
        self._stored = stored
        self._snapshot = snapshot
        self._now = now
        self._silent = "working offline" if offline else ""
        self._places: dict[str, str] = {}
        self._pinned: dict[str, bool] = {}

    def bars(self, tickers: Collection[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return bars of each security from the first place that has all that is needed.

        Raises:
            BadUsage: the price store cannot be read.
        """
        wanted = sorted(set(tickers))
        self._stored.store.check_readable()
        unmet = [ticker for ticker in wanted if not self._is_met(ticker, start, end)]
        results = self._ask(unmet)
        from_store = [ticker for ticker in wanted if self._prefers_store(ticker, start, end)]
        stored, damaged = self._stored.look(from_store, start, end)
        damaged |= self._stored.damaged(ticker for ticker in wanted if ticker not in from_store)
        # What was pinned there once comes from there or not at all.
        lost = {ticker for ticker in stored.missing if ticker not in self._pinned}
        others = [ticker for ticker in wanted if ticker not in from_store or ticker in lost]
        self._places |= dict.fromkeys(from_store, STORE) | dict.fromkeys(others, SNAPSHOT)
        shipped = self._snapshot.bars(others, start, end)
        both = _together(stored, shipped)
        told = self._what_is_not_used(others, damaged, both.missing, start, end)
        answers = {r.ticker: r.reason for r in results if r.state == "missing"}
        reasons = {ticker: answers.get(ticker, why) for ticker, why in both.missing.items()}
        instead = [
            f"{ticker}: {why}; the shipped prices are used"
            for ticker, why in answers.items()
            if ticker not in reasons and ticker not in damaged and not self._silent
        ]
        silence = self._what_silence_costs(unmet, both.frame, reasons)
        reasons |= {name: one.reason() for name, one in damaged.items() if name in reasons}
        return Bars(
            both.frame,
            reasons,
            (*(note for r in results for note in r.notes), *told, *instead, *silence, *both.notes),
            both.actions,
            both.currencies,
            uncounted=both.uncounted,
            closes=both.closes,
        )

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return share counts from where each security's bars came from."""
        import polars as pl

        stored = [ticker for ticker in sorted(set(tickers)) if self._is_from_store(ticker)]
        shipped = [ticker for ticker in tickers if ticker not in stored]
        return pl.concat([self._stored.shares(stored), self._snapshot.shares(shipped)])

    def place_of(self, ticker: str) -> str:
        """Return which place a security came from: `store` or `snapshot`."""
        return self._places.get(ticker, SNAPSHOT)

    def pin(self, places: Mapping[str, str]) -> None:
        """Take these securities from where they came once, whatever there is elsewhere by now.

        Raises:
            BadUsage: the price store cannot be read.
            DataUnavailable: one came from the store, and is not there any more.
        """
        stored = sorted(ticker for ticker, place in places.items() if place == STORE)
        self._stored.store.check_readable()
        torn = self._stored.damaged(stored)
        gone = [one for one in stored if one not in torn and self._stored.record(one) is None]
        if gone:
            raise DataUnavailable.because(
                "gone",
                _list(gone, "no longer in this price store"),
                where=Location(self._stored.store.folder),
                field="prices",
                hint="--cache names the cache folder that has them",
            )
        self._pinned = {ticker: place == STORE for ticker, place in places.items()}

    def describe(self) -> str:
        """Return what there is without asking anybody."""
        count = len(self._stored.store.records())
        if not count:
            return self._snapshot.describe()
        noun = "security" if count == 1 else "securities"
        store = f"price store, {count} {noun} to {self._stored.last_date}"
        return f"{store}; {self._snapshot.describe()}"

    def held(self) -> list[str]:
        """Return the securities of the store and the snapshot, sorted."""
        return sorted({*self._stored.held(), *self._snapshot.held()})

    @property
    def last_date(self) -> dt.date | None:
        """The last day with a bar in the store or the snapshot."""
        days = [d for d in (self._stored.last_date, self._snapshot.last_date) if d is not None]
        return max(days, default=None)

    def fingerprint(self) -> str | None:
        """Return None: asking may change what there is."""
        return None

    def _is_met(self, ticker: str, start: dt.date | None, end: dt.date | None) -> bool:
        return self._stored.has(ticker, start, end) or self._shipped_has(ticker, start, end)

    def _shipped_has(self, ticker: str, start: dt.date | None, end: dt.date | None) -> bool:
        first, last = self._snapshot.first_date, self._snapshot.last_date
        if ticker not in self._snapshot.tickers or first is None or last is None:
            return False
        reaches_on = end is None or min(end, last_finished_weekday(self._now)) <= last
        return reaches_on and (start is None or start >= first)

    def _prefers_store(self, ticker: str, start: dt.date | None, end: dt.date | None) -> bool:
        """Whether the store is the better of the two: it has all, or more than the snapshot."""
        if ticker in self._pinned:
            return self._pinned[ticker]
        if self.place_of(ticker) == STORE:
            return True
        record = self._stored.record(ticker)
        if record is None or ticker not in self._snapshot.tickers:
            return record is not None
        if self._stored.has(ticker, start, end):
            return True
        if self._shipped_has(ticker, start, end):
            return False
        shipped = self._snapshot.bars([ticker], start, end).frame.height
        found, damaged = self._stored.look([ticker], start, end)
        return bool(damaged) or found.frame.height >= shipped

    def _is_from_store(self, ticker: str) -> bool:
        """Whether a security's bars came from the store, or would where nobody asked for them."""
        if ticker in self._places:
            return self._places[ticker] == STORE
        return (
            self._prefers_store(ticker, None, None)
            and not self._stored.look([ticker], None, None)[1]
        )

    def _what_is_not_used(
        self,
        tickers: list[str],
        damaged: Mapping[str, Damage],
        missing: Mapping[str, str],
        start: dt.date | None,
        end: dt.date | None,
    ) -> list[str]:
        """Say of what is stored why the shipped prices are used, or that there are none."""
        notes = [
            damage.note("there are no shipped prices" if ticker in missing else STAND_IN)
            for ticker, damage in sorted(damaged.items())
        ]
        short = [
            record
            for ticker in tickers
            if ticker not in damaged and ticker not in missing and ticker not in self._pinned
            if (record := self._stored.record(ticker)) is not None
        ]
        return [*notes, *too_short(short, start, end)]

    def _ask(self, tickers: list[str]) -> list[Refreshed]:
        """Ask Yahoo for each security until it fails to answer."""
        results: list[Refreshed] = []
        if self._silent:
            return results
        try:
            for result in self._stored.refreshing(tickers):
                results += [result]
        except BacktestError as error:
            problem = error.problems[0]
            self._silent = (
                f"{problem.where}: {problem.message}" if problem.where else problem.message
            )
        return results

    def _what_silence_costs(
        self, unmet: list[str], frame: pl.DataFrame, missing: dict[str, str]
    ) -> tuple[str, ...]:
        """One sentence about everything that could not be had; empty if Yahoo answered."""
        if not self._silent or not unmet:
            return ()
        absent = [ticker for ticker in unmet if ticker in missing]
        for ticker in absent:
            missing[ticker] = f"neither stored nor shipped; {_in_short(self._silent)}"
        spans = _spans(frame, [ticker for ticker in unmet if ticker not in missing])
        held = [f"{ticker} has {first} to {last}" for ticker, first, last in spans]
        parts = [self._silent]
        if held:
            parts.append(_list(held, "could not be brought up to date"))
        if absent:
            parts.append(_list(absent, "missing"))
        return ("; ".join(parts),)


def _in_short(why: str) -> str:
    """Return why without the details in brackets, which one note tells for all securities."""
    return why.split(" (", maxsplit=1)[0]


def _together(one: Bars, other: Bars) -> Bars:
    import polars as pl

    found = set(other.frame["ticker"].unique().to_list())
    actions = [a for a in (one.actions, other.actions) if a is not None]
    return Bars(
        pl.concat([BARS.empty(), one.frame, other.frame]),
        {
            ticker: why
            for ticker, why in {**other.missing, **one.missing}.items()
            if not (ticker in one.missing and ticker in found)
        },
        (*one.notes, *other.notes),
        pl.concat([ACTIONS.empty(), *actions]),
        {**one.currencies, **other.currencies},
        uncounted={**one.uncounted, **other.uncounted},
        closes={**one.closes, **other.closes},
    )


def _spans(frame: pl.DataFrame, tickers: list[str]) -> list[tuple[str, dt.date, dt.date]]:
    import polars as pl

    own = frame.filter(pl.col("ticker").is_in(tickers))
    day = pl.col("date")
    return own.group_by("ticker").agg(first=day.min(), last=day.max()).sort("ticker").rows()


def _list(items: list[str], what: str) -> str:
    shown = ", ".join(items[:_NAMED]) + (", …" if len(items) > _NAMED else "")
    noun = "security" if len(items) == 1 else "securities"
    return f"{len(items)} {noun} {what} ({shown})"
