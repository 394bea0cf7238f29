"""Yahoo Finance through the yfinance library, one security at a time at an even pace.

`BACKTEST_YAHOO_URL` replaces Yahoo's address, for a mirror. Closes are split-adjusted whatever one
asks for; the total-return close is built from dividends by our own rule (`total_return.py`), not
taken from Yahoo's rounded one. Repair is off: it invents splits exactly at event-sized jumps.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from backtest.prices.provider import ACTIONS, BARS, DIVIDEND, SHARES, Bars, Setup
from backtest.prices.providers._rate import RateLimiter
from backtest.prices.providers._yahoo_client import Client
from backtest.prices.providers._yahoo_frames import (
    action_rows,
    price_rows,
    share_rows,
    unfinished_day,
)
from backtest.prices.providers._yahoo_line import Line, NotThere, Trouble
from backtest.prices.share_counts import cleaned_shares
from backtest.prices.total_return import with_total_return

if TYPE_CHECKING:
    import polars as pl

BASE_URL = "BACKTEST_YAHOO_URL"
_TICKER = re.compile(r"^[A-Z0-9^][A-Z0-9.^=-]{0,19}$")
_ISIN = re.compile(r"^[A-Z]{2}[A-Z0-9]{9}[0-9]$")
_BURST = 5
_DIVIDEND_TOLERANCE = 0.005
_DAY = dt.timedelta(days=1)
_OLDEST = dt.date(1900, 1, 1)
_COUNTS_REACH_BACK = dt.timedelta(days=20 * 365)


class Yahoo:
    """Bars, dividends, splits and share counts as Yahoo Finance publishes them."""

    key = "yahoo"
    remote = True

    def __init__(
        self,
        setup: Setup,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        clock, sleep = clock or time.monotonic, sleep or time.sleep
        limiter = RateLimiter(setup.rate, _BURST, clock, sleep)
        line = Line(limiter, os.environ.get(BASE_URL, ""), setup.patient)
        self._client = Client(line, sleep)
        self._now = setup.now

    def bars(self, tickers: Collection[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return finished sessions; one that still trades is left out.

        Raises:
            DataUnavailable: Yahoo cannot be reached.
            RateLimited: Yahoo asks us to stop.
        """
        import polars as pl

        answers = [self._bars_of(ticker, start, end) for ticker in sorted(set(tickers))]
        reached = [a.complete_to for a in answers if a.complete_to is not None]
        return Bars(
            pl.concat([BARS.empty(), *(a.frame for a in answers)]),
            {ticker: why for a in answers for ticker, why in a.missing.items()},
            tuple(note for a in answers for note in a.notes),
            pl.concat([ACTIONS.empty(), *(a.actions for a in answers if a.actions is not None)]),
            {ticker: code for a in answers for ticker, code in a.currencies.items()},
            min(reached, default=None),
        )

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return share counts by the day each became known, cleaned, on today's split basis."""
        import polars as pl

        found = [SHARES.empty()]
        for ticker in sorted(set(tickers)):
            reported = self.reported_shares(ticker, None)
            if reported.height:
                splits = self._bars_of(ticker, None, None).actions
                found.append(
                    cleaned_shares(reported, ACTIONS.empty() if splits is None else splits)
                )
        return pl.concat(found)

    def reported_shares(self, ticker: str, start: dt.date | None) -> pl.DataFrame:
        """Return share counts as reported; none for funds, indices and what Yahoo has none for."""
        first = max(start or _OLDEST, self._now.date() - _COUNTS_REACH_BACK)
        last = self._now.date() + 2 * _DAY

        def question(security: Any) -> pl.DataFrame:
            return share_rows(security.get_shares_full(first.isoformat(), last.isoformat()), ticker)

        try:
            return self._client.ask(ticker, question)
        except (NotThere, Trouble):
            return SHARES.empty()

    def describe(self) -> str:
        """Name the source."""
        return "Yahoo Finance"

    @property
    def last_date(self) -> dt.date | None:
        """Return None: only asking would tell."""
        return None

    def fingerprint(self) -> str | None:
        """Return None: only asking would tell."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _bars_of(self, ticker: str, start: dt.date | None, end: dt.date | None) -> Bars:
        why = not_a_ticker(ticker)
        if not why:
            try:
                return self._client.ask(ticker, lambda s: self._history(s, ticker, start, end))
            except NotThere as answer:
                why = f"Yahoo Finance has nothing for it ({answer})"
            except Trouble as answer:
                why = f"Yahoo Finance answered without data ({answer})"
        return Bars(BARS.empty(), {ticker: why})

    def _history(
        self, security: Any, ticker: str, start: dt.date | None, end: dt.date | None
    ) -> Bars:
        """Ask for a day more on both ends, which zones may need, and cut to what was asked for."""
        import polars as pl

        history = security.history(
            start=((start or _OLDEST) - _DAY).isoformat(),
            end=((end or self._now.date()) + 2 * _DAY).isoformat(),
            interval="1d",
            auto_adjust=False,
            actions=True,
            repair=False,
            keepna=True,
        )
        meta = security.get_history_metadata()
        moving = unfinished_day(meta, self._now)
        last = min(end or dt.date.max, moving - _DAY)
        inside = pl.col("date").is_between(start or _OLDEST, last)
        rows = price_rows(history, ticker).filter(inside)
        actions = action_rows(history, ticker).filter(inside)
        priced = rows.filter(pl.col("close").is_not_null())
        if priced.is_empty():
            raise NotThere("no prices in this period")
        bars = with_total_return(priced, actions.filter(pl.col("kind") == DIVIDEND))
        return Bars(
            BARS.check(bars),
            notes=_notes(ticker, history, rows, actions),
            actions=actions,
            currencies={ticker: str(meta["currency"])} if meta.get("currency") else {},
            complete_to=_complete_to(rows, last),
        )


def not_a_ticker(ticker: str) -> str:
    """Say why a word cannot be a ticker at Yahoo; empty where it can."""
    if _ISIN.match(ticker):
        return "this is an ISIN; Yahoo Finance is asked by ticker"
    if not _TICKER.match(ticker):
        return "not a ticker as Yahoo writes it (ORCL, 9984.T, ^GSPC)"
    return ""


def _complete_to(rows: pl.DataFrame, last: dt.date) -> dt.date:
    """Return the last day we need not ask for again; trailing rows without a close may yet come."""
    import polars as pl

    final = rows.sort("date").row(-1, named=True)
    if final["close"] is not None:
        return last
    there = rows.filter(pl.col("close").is_not_null())["date"].max()
    return there if isinstance(there, dt.date) else last


def _notes(ticker: str, history: Any, rows: pl.DataFrame, actions: pl.DataFrame) -> tuple[str, ...]:
    """Say which sessions came without a close, and which dividends do not fit Yahoo's own."""
    import polars as pl

    notes = []
    empty = rows.filter(pl.col("close").is_null())["date"].sort()
    if len(empty):
        noun = "session" if len(empty) == 1 else "sessions"
        notes.append(f"{ticker}: Yahoo gives no close for {len(empty)} {noun} (first: {empty[0]})")
    odd = _dividends_that_do_not_fit(history, actions)
    if odd:
        notes.append(
            f"{ticker}: the dividend of {odd[0]} does not fit Yahoo's own adjusted close, perhaps "
            f"another currency or unit ({len(odd)} such); total returns use it as published"
        )
    return tuple(notes)


def _dividends_that_do_not_fit(history: Any, actions: pl.DataFrame) -> list[dt.date]:
    """Compare 1 − dividend / close with the factor that Yahoo's adjusted close implies."""
    import polars as pl

    ratio = history["Adj Close"] / history["Close"]
    implied = ratio.shift(1) / ratio
    before = history["Close"].shift(1)
    day_of = {day: place for place, day in enumerate(history.index.date)}
    odd = []
    for day, value in (
        actions.filter(pl.col("kind") == DIVIDEND).select("date", "value").iter_rows()
    ):
        place = day_of[day]
        ours = 1 - value / before.iloc[place]
        if abs(ours - implied.iloc[place]) > _DIVIDEND_TOLERANCE:
            odd.append(day)
    return odd


PROVIDER = Yahoo
