"""`--prices auto`: the store, then the shipped snapshot, then Yahoo for what neither has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from backtest.errors import BacktestError
from backtest.prices.provider import ACTIONS, BARS, Bars
from backtest.prices.refresh import Refreshed, last_finished_weekday
from backtest.prices.stored import Stored

if TYPE_CHECKING:
    import polars as pl

    from backtest.prices.providers.snapshot import Snapshot

AUTO = "auto"
_NAMED = 4


class Auto:
    """The store, then the shipped snapshot, then Yahoo for what neither has.

    A security comes from one place only, never half from each: the two may stand on different
    split and dividend bases. Once Yahoo fails to answer it is not asked again; one note says what
    ends early or is missing for that reason.
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
        self._from_store: set[str] = set()

    def bars(self, tickers: Collection[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return bars of each security from the first place that has all that is needed."""
        wanted = sorted(set(tickers))
        unmet = [ticker for ticker in wanted if not self._is_met(ticker, start, end)]
        results = self._ask(unmet)
        from_store = [ticker for ticker in wanted if self._prefers_store(ticker, start, end)]
        self._from_store.update(from_store)
        stored = self._stored.read(from_store, start, end)
        # A stored file may be damaged: the snapshot then stands in, and a note has said so.
        lost = [ticker for ticker in from_store if ticker in stored.missing]
        self._from_store.difference_update(lost)
        others = [ticker for ticker in wanted if ticker not in from_store]
        shipped = self._snapshot.bars([*others, *lost], start, end)
        both = _together(stored, shipped)
        answers = {r.ticker: r.reason for r in results if r.state == "missing"}
        reasons = {ticker: answers.get(ticker, why) for ticker, why in both.missing.items()}
        instead = [
            f"{ticker}: {why}; the shipped prices are used"
            for ticker, why in answers.items()
            if ticker not in reasons and not self._silent
        ]
        silence = self._what_silence_costs(unmet, both.frame, reasons)
        return Bars(
            both.frame,
            reasons,
            (*(note for r in results for note in r.notes), *instead, *silence, *both.notes),
            both.actions,
            both.currencies,
            uncounted=both.uncounted,
            closes=both.closes,
        )

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return share counts from where each security's bars came from."""
        import polars as pl

        stored = [t for t in sorted(set(tickers)) if self._prefers_store(t, None, None)]
        shipped = [ticker for ticker in tickers if ticker not in stored]
        return pl.concat([self._stored.shares(stored), self._snapshot.shares(shipped)])

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
        if ticker in self._from_store:
            return True
        record = self._stored.record(ticker)
        if record is None or ticker not in self._snapshot.tickers:
            return record is not None
        if self._stored.has(ticker, start, end):
            return True
        if self._shipped_has(ticker, start, end):
            return False
        shipped = self._snapshot.bars([ticker], start, end).frame.height
        return self._stored.read([ticker], start, end).frame.height >= shipped

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
