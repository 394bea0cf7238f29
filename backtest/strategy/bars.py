"""Dense daily bars to trade on: securities × sessions, and the auctions that have a price.

Time runs in auctions. Session s has two of them: its open is auction 2s, its close 2s + 1. Prices
are on the split basis of the source, so a number of shares means the same on every session; a
split moves no money. Dividends are amounts a share on that same basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backtest.engine.arrays import Bools, Dates, Floats, Ints

OPEN, CLOSE = 0, 1
"""The auctions of a session."""


def auction_of(session: Ints, auction: Ints | int) -> Ints:
    """Return the number of an auction among all auctions of the sessions."""
    return np.asarray(2 * np.asarray(session) + auction, dtype=np.int64)


@dataclass(frozen=True)
class TradeBars:
    """Daily bars of P securities on S sessions, NaN where there is none.

    Attributes:
        tickers: (P,) names of the rows.
        sessions: (S,) datetime64[D], ascending.
        open, high, low, close: (P, S) prices, adjusted for splits and not for dividends.
        total_return: (P, S) closes with dividends reinvested.
        volume: (P, S) shares traded.
        dividend: (P, S) amount a share that goes ex in the session, 0 where none is known.
    """

    tickers: tuple[str, ...]
    sessions: Dates
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    total_return: Floats
    volume: Floats
    dividend: Floats

    @classmethod
    def of(
        cls,
        tickers: Sequence[str],
        sessions: Dates,
        close: Floats,
        *,
        open: Floats | None = None,
        high: Floats | None = None,
        low: Floats | None = None,
        total_return: Floats | None = None,
        volume: Floats | None = None,
        dividend: Floats | None = None,
    ) -> TradeBars:
        """Return bars; what is not known is NaN, and no dividend."""
        nothing = np.full(close.shape, np.nan)
        return cls(
            tuple(tickers),
            sessions,
            nothing if open is None else open,
            nothing if high is None else high,
            nothing if low is None else low,
            close,
            close if total_return is None else total_return,
            nothing if volume is None else volume,
            np.zeros(close.shape) if dividend is None else dividend,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Return (P, S)."""
        return len(self.tickers), len(self.sessions)

    def rows(self, tickers: Sequence[str]) -> Ints:
        """Return the row of each ticker, −1 for one that is not here."""
        row_of = {ticker: row for row, ticker in enumerate(self.tickers)}
        return np.array([row_of.get(ticker, -1) for ticker in tickers], dtype=np.int64)

    @cached_property
    def auctions(self) -> Floats:
        """Prices (P, 2S) in the order of time: open, close, open, close, …"""
        out = np.empty((len(self.tickers), 2 * len(self.sessions)))
        out[:, OPEN::2], out[:, CLOSE::2] = self.open, self.close
        return out

    @cached_property
    def marks(self) -> Floats:
        """Closes (P, S) to value positions at: the last one known, NaN before the first."""
        return last_known(self.close)

    @cached_property
    def traded(self) -> Bools:
        """Whether shares changed hands (P, S); where no volume is known, whether there is a close.

        A security that has volumes on other sessions and none on one did not trade there.
        """
        there = np.isfinite(self.close)
        told = np.isfinite(self.volume)
        silent = ~told.any(axis=1, keepdims=True)
        return np.asarray(there & (silent | ~told | (self.volume > 0)), dtype=np.bool_)

    @cached_property
    def paid(self) -> Floats:
        """Dividends a share from the first session up to each (P, S)."""
        return np.cumsum(np.nan_to_num(self.dividend), axis=1)

    @cached_property
    def nights(self) -> Floats:
        """Calendar days from each session to the next (S,); none after the last."""
        out = np.zeros(len(self.sessions))
        out[:-1] = np.diff(self.sessions.astype("datetime64[D]")).astype(np.float64)
        return out


def last_known(values: Floats) -> Floats:
    """Return (P, S) the last finite value up to each session, NaN before the first."""
    there = np.isfinite(values)
    place = np.where(there, np.arange(values.shape[1]), 0)
    latest = np.maximum.accumulate(place, axis=1)
    return np.asarray(np.take_along_axis(values, latest, axis=1))
