"""Shares outstanding as they were known on a day: never a count published later (METHODS §8)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

_DAYS = 1_000_000
"""More than any shifted day, so that (security, day) pairs sort as one integer."""
_SHIFT = 500_000
"""Makes days before 1970 positive."""


@dataclass(frozen=True, slots=True)
class ShareCounts:
    """Counts by security and day known, sorted for look-ups of many (security, day) pairs.

    Attributes:
        code: (c,) security row · 10⁶ + epoch day + 500,000, ascending.
        shares: (c,) shares outstanding on the price's split basis.
    """

    code: NDArray[np.int64]
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, frame: pl.DataFrame, tickers: Sequence[str]) -> ShareCounts:
        """Index a `SHARES` frame by the rows of `tickers`; other securities are left out."""
        row_of = {ticker: row for row, ticker in enumerate(tickers)}
        rows = np.array([row_of.get(t, -1) for t in frame["ticker"].to_list()], dtype=np.int64)
        days = frame["known_from"].to_physical().to_numpy().astype(np.int64)
        keep = rows >= 0
        code = rows[keep] * _DAYS + days[keep] + _SHIFT
        order = np.argsort(code, kind="stable")
        return cls(code[order], frame["shares"].to_numpy()[keep][order])

    @classmethod
    def none(cls) -> ShareCounts:
        """Return the counts of a source that knows none."""
        return cls(np.empty(0, dtype=np.int64), np.empty(0))

    def known(
        self, rows: NDArray[np.int64], dates: NDArray[np.datetime64]
    ) -> tuple[NDArray[np.float64], NDArray[np.datetime64]]:
        """Return the latest count known on each date and since when; NaN and NaT where none was.

        Args:
            rows: security rows, any shape.
            dates: datetime64[D], same shape; NaT gives NaN.
        """
        absent = np.isnat(dates)
        days = (
            np.where(absent, np.datetime64(0, "D"), dates).astype("datetime64[D]").astype(np.int64)
        )
        place = np.searchsorted(self.code, rows * _DAYS + days + _SHIFT, side="right") - 1
        found = self.code[place.clip(0)] if len(self.code) else np.full(place.shape, -1)
        hit = (place >= 0) & (found // _DAYS == rows) & ~absent
        count = np.full(place.shape, np.nan)
        since = np.full(place.shape, np.datetime64("NaT"), dtype="datetime64[D]")
        count[hit] = self.shares[place[hit]]
        since[hit] = (found[hit] % _DAYS - _SHIFT).astype("datetime64[D]")
        return count, since

    def known_by(self, day: np.datetime64) -> ShareCounts:
        """Return the counts that were known on a day."""
        end = int(day.astype("datetime64[D]").astype(np.int64))
        keep = self.code % _DAYS - _SHIFT <= end
        return ShareCounts(self.code[keep], self.shares[keep])

    def digests(self, securities: int) -> NDArray[np.uint64]:
        """Return (2, securities) words that name each security's counts, 0 where there are none.

        The row is not part of it: more securities in a study leave each one's words as they were.
        """
        out = np.zeros((2, securities), dtype=np.uint64)
        rows = self.code // _DAYS
        for row in np.unique(rows):
            own = rows == row
            content = (self.code[own] % _DAYS).tobytes() + self.shares[own].tobytes()
            digest = hashlib.blake2b(content, digest_size=16).digest()
            out[:, row] = np.frombuffer(digest, dtype=np.uint64)
        return out
