"""The client library, tamed: its process-wide state is ours while we ask, and its noise is hushed.

Its session is a singleton, it keeps bad answers of past ranges, and it writes cookies and time
zones into databases under the user's cache folder. For the length of a question we put our own in
their place, so that nothing is written and another user of the library in this process is not
disturbed.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from backtest.errors import DataUnavailable, RateLimited
from backtest.prices.providers._yahoo_line import (
    Line,
    NotThere,
    Trouble,
    Unreachable,
    session_class,
)

T = TypeVar("T")

_PAUSES = {Trouble: (2.0, 8.0), Unreachable: (2.0, 8.0), RateLimited: (15.0, 60.0)}
_LONGEST_PAUSE = 120.0
"""Seconds; who is asked to wait longer stops, says so, and goes on where it was another time."""
_JITTER = 0.5
"""Up to this part of a pause comes on top, so that many who were refused do not return at once."""
_ENOUGH_TROUBLE = 3


class Client:
    """Questions to Yahoo about one security at a time, asked again where that may help."""

    def __init__(
        self, line: Line, sleep: Callable[[float], None], chance: Callable[[], float]
    ) -> None:
        self._line = line
        self._sleep = sleep
        self._chance = chance
        self._session: Any = None
        self._data: Any = None
        self._troubles = 0

    def ask(self, ticker: str, question: Callable[[Any], T]) -> T:
        """Return what `question` makes of the library's `Ticker`.

        Raises:
            NotThere: there is no such security.
            Trouble: Yahoo answered, but not with data, as often as we asked.
            DataUnavailable: Yahoo cannot be reached.
            RateLimited: Yahoo asks us to stop.
        """
        attempt = 0
        while True:
            try:
                answer = self._once(ticker, question)
            except (Trouble, Unreachable, RateLimited) as error:
                pauses = _PAUSES[type(error)] if self._line.patient else ()
                if attempt >= len(pauses) or self._line.retry_after > _LONGEST_PAUSE:
                    raise self._final(error) from None
                pause = max(pauses[attempt], self._line.retry_after)
                pause *= 1 + _JITTER * self._chance()
            else:
                self._troubles = 0
                return answer
            attempt += 1
            self._sleep(pause)
            self._line.unreachable = ""
            self._line.retry_after = 0.0

    def _final(self, error: Exception) -> Exception:
        """Return what to tell; an impatient line takes trouble with every security for silence."""
        if isinstance(error, Trouble):
            self._troubles += 1
            if self._line.patient or self._troubles < _ENOUGH_TROUBLE:
                return error
            problem = f"Yahoo Finance keeps answering without data ({error})"
        elif isinstance(error, Unreachable):
            problem = f"Yahoo Finance cannot be reached ({error})"
        else:
            return error
        hint = "what is stored and shipped can be used without network"
        return DataUnavailable.because("offline", problem, hint=hint)

    def _once(self, ticker: str, question: Callable[[Any], T]) -> T:
        with self._library() as yfinance:
            try:
                return question(yfinance.Ticker(ticker, session=self._session) if ticker else None)
            except Exception as error:
                raise self._meaning(error) from error

    def _meaning(self, error: Exception) -> Exception:
        """Map whatever the library raised; what was seen on the line decides first."""
        from yfinance.exceptions import YFRateLimitError, YFTickerMissingError

        if isinstance(error, (NotThere, Trouble)):
            return error
        if self._line.unreachable:
            return Unreachable(self._line.unreachable)
        if isinstance(error, YFRateLimitError) or self._line.refused:
            minutes = math.ceil(self._line.retry_after / 60)
            when = f"in {minutes} minutes" if self._line.retry_after > _LONGEST_PAUSE else ""
            return RateLimited.because(
                "rate-limited",
                "Yahoo Finance asks us to slow down",
                hint=f"what was pulled is saved; try again {when or 'in an hour'}",
            )
        if self._line.status >= 400:
            return Trouble(f"HTTP {self._line.status}")
        if isinstance(error, YFTickerMissingError):
            return NotThere(getattr(error, "yahoo_reason", None) or "no prices in this period")
        return Trouble(f"an answer that could not be read ({type(error).__name__}: {error})")

    def table(self, url: str, params: dict[str, str]) -> Any:
        """Return what an address of Yahoo's answers as JSON; asked once, for what may be missing.

        Raises:
            NotThere, Trouble, Unreachable, RateLimited: as they come; the line is as before.
        """
        try:
            return self._once("", lambda _: self._data.get_raw_json(url, params=params))
        finally:
            self._line.unreachable, self._line.retry_after = "", 0.0

    @property
    def answered_at(self) -> dt.datetime | None:
        """When the last data answer was given, by Yahoo's clock; None where it did not say."""
        return self._line.answered_at

    @contextmanager
    def _library(self) -> Iterator[Any]:
        """Import yfinance on first use and lend it our state."""
        with warnings.catch_warnings():
            import yfinance
            from yfinance import cache

            warnings.simplefilter("ignore")  # after the imports, which add filters of their own
            with ExitStack() as put_back:
                logger = logging.getLogger("yfinance")
                put_back.callback(setattr, logger, "disabled", logger.disabled)
                logger.disabled = True
                for name, ours in (("get_tz_cache", _Zones), ("get_cookie_cache", _NoCookies)):
                    put_back.callback(setattr, cache, name, getattr(cache, name))
                    setattr(cache, name, ours)
                debug = yfinance.config.debug
                put_back.callback(setattr, debug, "hide_exceptions", debug.hide_exceptions)
                debug.hide_exceptions = False
                put_back.enter_context(self._own_data())
                yield yfinance

    @contextmanager
    def _own_data(self) -> Iterator[None]:
        """Put our session, cookie and crumb in the place of the process-wide ones."""
        from yfinance.data import SingletonMeta, YfData

        instances = SingletonMeta._instances
        theirs = instances.pop(YfData, None)
        if self._data is None:
            self._session = session_class()(self._line)
            self._data = YfData(session=self._session)
        instances[YfData] = self._data
        self._data.cache_get.cache_clear()
        try:
            yield
        finally:
            self._data.cache_get.cache_clear()
            del instances[YfData]
            if theirs is not None:
                instances[YfData] = theirs

    def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            self._session.close()
            self._session = self._data = None


class _Zones:
    """Stand-in for the time zone database.

    The zone only places `start` and `end`, which we widen by a day, so any will do; the true one
    would cost a request for every security.
    """

    def lookup(self, ticker: str) -> str:
        del ticker
        return "UTC"

    def store(self, ticker: str, zone: str | None) -> None:
        del ticker, zone


class _NoCookies:
    """Stand-in for the cookie database, which unpickles what it finds on disk."""

    def lookup(self, strategy: str) -> None:
        del strategy

    def store(self, strategy: str, cookie: object) -> None:
        del strategy, cookie
