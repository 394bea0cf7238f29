"""A price source as it was when a receipt was written: cut at the days it reached then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from backtest.prices.provider import Bars
from backtest.prices.stored import Stored

if TYPE_CHECKING:
    import polars as pl


class Recorded:
    """Another source, without what it has got since, and without asking anybody for more.

    Args:
        source: opened offline.
        last: by ticker, the last day that the study had.
        reasons: by ticker, why the study had nothing.
        places: by ticker, where it came from, of a source with several places.
        reads: the first and last day that the study's windows reached: they are read also where
            the windows are others now, to compare what is there.
    """

    def __init__(
        self,
        source: Any,
        last: Mapping[str, dt.date],
        reasons: Mapping[str, str],
        places: Mapping[str, str],
        reads: tuple[dt.date, dt.date] | None = None,
    ) -> None:
        self._source = source
        if places and hasattr(source, "pin"):
            source.pin(places)
        self._last, self._reasons, self._reads = last, reasons, reads

    def bars(self, tickers: Collection[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return bars as far as the study had them; what is still missing is so for its reason."""
        asked = [ticker for ticker in tickers if ticker not in self._reasons]
        ask = self._source.read if isinstance(self._source, Stored) else self._source.bars
        if self._reads and start and end:
            start, end = min(start, self._reads[0]), max(end, self._reads[1])
        found: Bars = ask(asked, start, end)
        frame = self._cut(found.frame, "date")
        absent = set(asked) - set(frame["ticker"].unique().to_list())
        missing = {
            **{ticker: why for ticker, why in self._reasons.items() if ticker in set(tickers)},
            **{ticker: found.missing.get(ticker, "not there any more") for ticker in absent},
        }
        return replace(found, frame=frame, missing=missing)

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return the share counts that the study could know."""
        return self._cut(self._source.shares(tickers), "known_from")

    def describe(self) -> str:
        """Return one line about the source."""
        line: str = self._source.describe()
        return line

    def fingerprint(self) -> str | None:
        """Return None: nothing made before is to be used."""
        return None

    def tickers(self) -> list[str]:
        """Return every ticker of a source that can list them."""
        lister = getattr(self._source, "tickers", None)
        return list(lister()) if callable(lister) else []

    def held(self) -> list[str]:
        """Return what the source can be asked for without looking elsewhere."""
        held = getattr(self._source, "held", None)
        return list(held()) if callable(held) else self.tickers()

    def _cut(self, frame: pl.DataFrame, column: str) -> pl.DataFrame:
        import polars as pl

        if frame.is_empty() or not self._last:
            return frame
        ends = pl.DataFrame(
            {"ticker": list(self._last), "_end": list(self._last.values())},
            schema={"ticker": pl.String, "_end": pl.Date},
        )
        joined = frame.join(ends, on="ticker", how="left", maintain_order="left")
        within = pl.col("_end").is_null() | (pl.col(column) <= pl.col("_end"))
        return joined.filter(within).drop("_end")
