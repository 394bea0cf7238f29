"""Yahoo Finance through the yfinance library, one security at a time at an even pace.

`BACKTEST_YAHOO_URL` replaces Yahoo's address, for a mirror. Closes are split-adjusted whatever one
asks for; the total-return close is built from dividends by our own rule (`total_return.py`), not
taken from Yahoo's rounded one. Repair is off: it invents splits exactly at event-sized jumps.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from backtest.prices.provider import ACTIONS, BARS, DIVIDEND, SHARES, Bars, Reported, Setup
from backtest.prices.providers._rate import RateLimiter
from backtest.prices.providers._yahoo_answer import (
    another_name,
    complete_to,
    empty_sessions,
    mended_dividends,
    missing_tail,
    without_slips,
)
from backtest.prices.providers._yahoo_client import Client
from backtest.prices.providers._yahoo_frames import (
    action_rows,
    last_trade,
    price_rows,
    share_rows,
    unfinished_day,
)
from backtest.prices.providers._yahoo_line import Line, NotThere, Trouble
from backtest.prices.providers._yahoo_quotes import Quotes, contradiction
from backtest.prices.share_counts import cleaned_shares
from backtest.prices.total_return import with_total_return

if TYPE_CHECKING:
    import polars as pl

BASE_URL = "BACKTEST_YAHOO_URL"
_TICKER = re.compile(r"^[A-Z0-9^][A-Z0-9.^=-]{0,19}$")
_ISIN = re.compile(r"^[A-Z]{2}[A-Z0-9]{9}[0-9]$")
_BURST = 5
_CLOCK_TOLERANCE = dt.timedelta(minutes=10)
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
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Be ready to ask; time, waiting and chance (for pauses, within [0, 1)) may be replaced."""
        clock, sleep = clock or time.monotonic, sleep or time.sleep
        limiter = RateLimiter(setup.rate, _BURST, clock, sleep)
        line = Line(limiter, os.environ.get(BASE_URL, ""), setup.patient)
        self._client = Client(line, sleep, chance)
        self._quotes = Quotes(self._client)
        self._now = setup.now
        self._clock_told = False

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
            reported = self.reported_shares(ticker, None).counts
            if reported.height:
                splits = self._bars_of(ticker, None, None).actions
                found.append(
                    cleaned_shares(reported, ACTIONS.empty() if splits is None else splits)
                )
        return pl.concat(found)

    def reported_shares(self, ticker: str, start: dt.date | None) -> Reported:
        """Return share counts as reported; none for funds, indices and what Yahoo has none for.

        None either where Yahoo's own market value contradicts them: they are then of one class of
        several, or of the shares that a depositary receipt stands for.
        """
        first = max(start or _OLDEST, self._now.date() - _COUNTS_REACH_BACK)
        last = self._now.date() + 2 * _DAY

        def question(security: Any) -> pl.DataFrame:
            return share_rows(security.get_shares_full(first.isoformat(), last.isoformat()), ticker)

        try:
            counts = self._client.ask(ticker, question)
        except (NotThere, Trouble):
            return Reported(SHARES.empty())
        why = contradiction(counts, self._quotes.of(ticker)) if counts.height else ""
        return Reported(SHARES.empty(), (f"{ticker}: {why}",)) if why else Reported(counts)

    def expect(self, tickers: Collection[str]) -> None:
        """Hear what will be asked for next: their quotes then come many in one request."""
        self._quotes.expect([ticker for ticker in tickers if not not_a_ticker(ticker)])

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
        now, clock = self._agreed_time()
        moving = unfinished_day(meta, now)
        last = min(end or dt.date.max, moving - _DAY)
        inside = pl.col("date").is_between(start or _OLDEST, last)
        published = price_rows(history, ticker).filter(inside).sort("date")
        rows, slipped = without_slips(published, ticker)
        actions, units = mended_dividends(history, action_rows(history, ticker), ticker)
        actions = actions.filter(inside)
        priced = rows.filter(pl.col("close").is_not_null())
        if priced.is_empty():
            raise NotThere("no prices in this period")
        traded = last_trade(meta)
        return Bars(
            BARS.check(with_total_return(priced, actions.filter(pl.col("kind") == DIVIDEND))),
            notes=(
                *clock,
                *another_name(ticker, meta),
                *empty_sessions(published, ticker),
                *slipped,
                *units,
                *_short_answer(ticker, published["date"][-1], last, traded),
            ),
            actions=actions,
            currencies={ticker: str(meta["currency"])} if meta.get("currency") else {},
            complete_to=complete_to(published, last, traded),
        )

    def _agreed_time(self) -> tuple[dt.datetime, tuple[str, ...]]:
        """Return the earlier of our clock and Yahoo's; a fast clock would finish open sessions."""
        theirs = self._client.answered_at
        if theirs is None or theirs >= self._now:
            return self._now, ()
        ahead = self._now - theirs
        if ahead < _CLOCK_TOLERANCE or self._clock_told:
            return theirs, ()
        self._clock_told = True
        note = (
            f"this machine's clock is {str(ahead).split('.')[0]} ahead of Yahoo's "
            f"({theirs:%Y-%m-%d %H:%M} UTC); sessions count as finished by Yahoo's"
        )
        return theirs, (note,)


def _short_answer(
    ticker: str, there: dt.date, last: dt.date, traded: dt.date | None
) -> tuple[str, ...]:
    """Say that the last sessions are not in the answer."""
    if not missing_tail(there, last, traded):
        return ()
    return (
        f"{ticker}: Yahoo's bars end {there}, although it traded on {traded}; "
        "the rest is asked for again next time",
    )


def not_a_ticker(ticker: str) -> str:
    """Say why a word cannot be a ticker at Yahoo; empty where it can."""
    if _ISIN.match(ticker):
        return "this is an ISIN; Yahoo Finance is asked by ticker"
    if not _TICKER.match(ticker):
        return "not a ticker as Yahoo writes it (ORCL, 9984.T, ^GSPC)"
    return ""


PROVIDER = Yahoo
