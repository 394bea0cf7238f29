"""Session clocks over four years, the same on every day the tests run."""

from __future__ import annotations

import datetime as dt

from backtest.events.exchanges import Exchange, exchange_of
from backtest.events.sessions import SessionClock, clock

START, END = dt.date(2023, 1, 1), dt.date(2026, 12, 31)


def clocks(exchange: Exchange) -> SessionClock:
    return clock(exchange, start=START, end=END)


def clock_of(ticker: str) -> SessionClock:
    return clock(exchange_of(ticker), start=START, end=END)
