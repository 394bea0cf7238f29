"""The dense panel: sessions × securities, built once, indexed by every event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

PRICES = ("total_return", "close", "open", "high", "low")
VOLUME = "volume"
_SOURCE = {"total_return": "adj_close"}


@dataclass(frozen=True, slots=True)
class Panel:
    """Prices on an exchange's sessions, security-contiguous.

    Attributes:
        sessions: (S,) datetime64[D], ascending.
        tickers: row names.
        prices: by name of `PRICES`, each (securities, S) float64, NaN where there is none. A price
            that equals another array (no dividends known) is that very array. `VOLUME` (shares, on
            today's split basis) is there only where it was asked for.
    """

    sessions: NDArray[np.datetime64]
    tickers: tuple[str, ...]
    prices: dict[str, NDArray[np.float64]]

    def rows(self, tickers: Sequence[str]) -> NDArray[np.int64]:
        """Return the row of each ticker, −1 for one that is not in the panel."""
        row_of = {ticker: row for row, ticker in enumerate(self.tickers)}
        return np.array([row_of.get(ticker, -1) for ticker in tickers], dtype=np.int64)

    def index(self, dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Return the session index of each date, −1 for one that is not on the axis."""
        place = np.searchsorted(self.sessions, dates)
        hit = self.sessions[place.clip(0, len(self.sessions) - 1)] == dates
        return np.where(hit, place, -1)

    def returns(self, kind: Literal["simple", "log"]) -> NDArray[np.float64]:
        """Total returns (securities, S) in decimals.

        A return needs the close of this session and of the one before: a missing price makes both
        affected days missing, never a return over the gap (METHODS §1).
        """
        closes = self.prices["total_return"]
        out = np.full_like(closes, np.nan)
        np.divide(closes[:, 1:], closes[:, :-1], out=out[:, 1:])
        if kind == "log":
            np.log(out[:, 1:], out=out[:, 1:])
        else:
            out[:, 1:] -= 1.0
        return out

    def take(self, rows: NDArray[np.int64]) -> Panel:
        """Return the panel of some securities."""
        return Panel(
            self.sessions,
            tuple(self.tickers[row] for row in rows),
            {name: np.asarray(prices[rows]) for name, prices in self.prices.items()},
        )

    def span(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the first and last session index with a close per security; (S, −1) for none."""
        there = np.isfinite(self.prices["total_return"])
        some = there.any(axis=1)
        size = len(self.sessions)
        first = np.where(some, there.argmax(axis=1), size)
        last = np.where(some, size - 1 - there[:, ::-1].argmax(axis=1), -1)
        return first, last


def build_panel(
    bars: pl.DataFrame,
    sessions: NDArray[np.datetime64],
    tickers: Sequence[str],
    *,
    volumes: bool = False,
) -> tuple[Panel, tuple[str, ...]]:
    """Scatter long bars into a panel; rows on no session are left out and counted in a note.

    Integer codes and one NumPy scatter per price: a pivot takes minutes for thousands of
    securities, this takes a second for tens of millions of rows.

    Args:
        bars: `BARS` rows, any order, positive prices or null.
        sessions: (S,) the exchange's sessions.
        tickers: securities, in the order of the panel's rows.
        volumes: whether `VOLUME` is wanted too.
    """
    import polars as pl

    names = pl.Enum(list(tickers))
    rows = bars.select(pl.col("ticker").cast(names, strict=False).to_physical()).to_series()
    days = bars.get_column("date").to_physical()
    known = rows.is_not_null() & days.is_not_null()
    row = rows.fill_null(0).to_numpy().astype(np.int64)
    column = _columns_of(days.fill_null(0).to_numpy(), sessions)
    keep = (column >= 0) & known.to_numpy()
    strays = int((known.to_numpy() & (column < 0)).sum())
    wanted = (*PRICES, VOLUME) if volumes else PRICES
    prices = _scatter(bars, wanted, row, column, keep, (len(tickers), len(sessions)))
    notes: tuple[str, ...] = ()
    if strays:
        first = bars.filter(pl.Series(known.to_numpy() & (column < 0))).row(0, named=True)
        notes = (
            f"{strays} price rows fall on days without a session and were left out "
            f"(first: {first['ticker']} {first['date']})",
        )
    return Panel(sessions, tuple(tickers), prices), notes


def _columns_of(days: NDArray[np.int32], sessions: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Map epoch days to session indices by a lookup table; −1 for a day without a session."""
    axis = sessions.astype("datetime64[D]").astype(np.int64)
    low, high = int(axis[0]), int(axis[-1])
    table = np.full(high - low + 1, -1, dtype=np.int64)
    table[axis - low] = np.arange(len(axis))
    inside = (days >= low) & (days <= high)
    return np.where(inside, table[np.where(inside, days - low, 0)], -1)


def _scatter(
    bars: pl.DataFrame,
    wanted: Sequence[str],
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    keep: NDArray[np.bool_],
    shape: tuple[int, int],
) -> dict[str, NDArray[np.float64]]:
    """Return each price that the bars have as a dense array."""
    if keep.all():
        keep = np.array(True)
    place = (row * shape[1] + column)[keep].ravel()
    prices: dict[str, NDArray[np.float64]] = {}
    for name in wanted:
        source = bars.get_column(_SOURCE.get(name, name))
        if source.null_count() == len(source):
            continue
        values = source.fill_null(float("nan")).to_numpy()[keep].ravel()
        dense = np.full(shape, np.nan)
        dense.ravel()[place] = values
        prices[name] = dense
    if "close" in prices:
        prices["total_return"] = _total_return(prices)
    return prices


def _total_return(prices: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Adjusted closes where a security has any; a security without them uses its close."""
    close = prices["close"]
    adjusted = prices.get("total_return")
    if adjusted is None:
        return close
    without = ~np.isfinite(adjusted).any(axis=1)
    adjusted[without] = close[without]
    return adjusted
