"""What Yahoo's answer about one security is good for: what is left out, mended or merely said.

Every note is one line for the user. Arithmetic only; nobody is asked anything here.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.prices.provider import DIVIDEND

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

_DIVIDEND_TOLERANCE = 0.005
_UNIT = 100.0
"""Pence for pounds and the like: the factor between a currency and its minor unit."""
_ABOUT_UNIT = np.log(1.25)
"""A day's return beside the slip of the unit."""
_LONGEST_SLIP = 5
"""Sessions; what lasts longer may be a new unit for good."""
_PRICES = ("open", "high", "low", "close")


def without_slips(rows: pl.DataFrame, ticker: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Set prices to null that are a hundred times those before and after them, or a hundredth.

    No price of a listing does that within days; Yahoo's do where pence and pounds are mixed up. A
    slip that has not ended yet cannot be told from a new unit and stays.

    Args:
        rows: of one security, with `date` and prices, in the order of the days.
    """
    import polars as pl

    closes = rows["close"].fill_null(float("nan")).to_numpy()
    slipped = slips(closes)
    if not slipped.any():
        return rows, ()
    good = pl.Series(~slipped)
    mended = rows.with_columns(pl.when(good).then(pl.col(name)).alias(name) for name in _PRICES)
    first = rows.filter(pl.Series(slipped)).row(0, named=True)
    count = int(slipped.sum())
    note = (
        f"{ticker}: {_counted(count, 'close')} a hundred times too large or too small, as where "
        f"pence and pounds are mixed up, left out (first: {first['close']:g} on {first['date']})"
    )
    return mended, (note,)


def slips(closes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a series leaves its level by the factor 100 for a few sessions, and returns.

    Args:
        closes: (T,) in session order, NaN where there is none.

    Returns:
        (T,) true for the sessions on the other level.
    """
    out = np.zeros(len(closes), dtype=bool)
    there = np.flatnonzero(np.isfinite(closes) & (closes > 0))
    steps = np.diff(np.log(closes[there]))
    jumps = np.flatnonzero(np.abs(np.abs(steps) - np.log(_UNIT)) < _ABOUT_UNIT)
    place = 0
    while place + 1 < len(jumps):
        start, end = jumps[place], jumps[place + 1]
        back = steps[start] * steps[end] < 0 and end - start <= _LONGEST_SLIP
        if back:
            out[there[start + 1 : end + 1]] = True
        place += 2 if back else 1
    return out


def mended_dividends(
    history: Any, actions: pl.DataFrame, ticker: str
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Put dividends on the unit of the price where Yahoo's own adjusted close shows that they slip.

    One that is a hundred times what Yahoo's adjusted close implies, or a hundredth of it, is put
    right; one that merely does not fit stays as published, and is named.

    Args:
        history: the client library's frame.
        actions: `ACTIONS` rows of the security.
    """
    import polars as pl

    right: dict[dt.date, float] = {}
    odd: list[dt.date] = []
    implied = _implied_dividends(history)
    paid = actions.filter(pl.col("kind") == DIVIDEND).select("date", "value")
    for day, value in paid.iter_rows():
        expected, before = implied.get(day, (value, np.inf))
        if not np.isfinite(expected) or abs(expected - value) <= _DIVIDEND_TOLERANCE * before:
            continue
        scaled = _on_unit(value, expected)
        if scaled:
            right[day] = scaled
        else:
            odd.append(day)
    notes = []
    if right:
        day = min(right)
        notes.append(
            f"{ticker}: {_counted(len(right), 'dividend')} in another unit than the price put "
            f"right by Yahoo's own adjusted close (first: {right[day]:g} on {day})"
        )
    if odd:
        notes.append(
            f"{ticker}: the dividend of {odd[0]} does not fit Yahoo's own adjusted close, perhaps "
            f"another currency or unit ({len(odd)} such); total returns use it as published"
        )
    if right:
        new = pl.col("date").replace_strict(right, default=None, return_dtype=pl.Float64)
        value = pl.when(pl.col("kind") == DIVIDEND).then(new).fill_null(pl.col("value"))
        actions = actions.with_columns(value=value)
    return actions, tuple(notes)


def _implied_dividends(history: Any) -> dict[dt.date, tuple[float, float]]:
    """Return by day the dividend that Yahoo's adjusted closes imply, and the close before it."""
    ratio = (history["Adj Close"] / history["Close"]).to_numpy(dtype="float64")
    close = history["Close"].to_numpy(dtype="float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        implied = close[:-1] * (1 - ratio[:-1] / ratio[1:])
    days = list(history.index.date)[1:]
    return {
        day: (float(value), float(before))
        for day, value, before in zip(days, implied, close[:-1], strict=True)
    }


def _on_unit(value: float, expected: float) -> float:
    """Return a dividend on the unit that is expected; 0 where it is not a hundred times off."""
    for scaled in (value * _UNIT, value / _UNIT):
        if abs(scaled - expected) <= 0.1 * expected:
            return scaled
    return 0.0


def complete_to(rows: pl.DataFrame, last: dt.date, traded: dt.date | None) -> dt.date:
    """Return the last day we need not ask for again.

    Trailing rows without a close may yet come, and so may those up to the day of the last trade.

    Args:
        rows: in the order of the days, at least one with a close.
        last: the last day that could be there.
        traded: the day of the last trade, where Yahoo says so.
    """
    import polars as pl

    there = rows.filter(pl.col("close").is_not_null())["date"].max()
    if not isinstance(there, dt.date):
        return last
    whole = rows["date"].max() == there and not missing_tail(there, last, traded)
    return last if whole else there


def missing_tail(there: dt.date, last: dt.date, traded: dt.date | None) -> bool:
    """Whether sessions between the last bar and the last trade are not in the answer."""
    return traded is not None and there < traded <= last


def empty_sessions(rows: pl.DataFrame, ticker: str) -> tuple[str, ...]:
    """Say which sessions came without a close."""
    import polars as pl

    empty = rows.filter(pl.col("close").is_null())["date"].sort()
    if empty.is_empty():
        return ()
    return (
        f"{ticker}: Yahoo gives no close for {_counted(len(empty), 'session')} (first: {empty[0]})",
    )


def another_name(ticker: str, meta: Any) -> tuple[str, ...]:
    """Say that Yahoo answered with another ticker than the one asked for."""
    symbol = str(meta.get("symbol") or ticker)
    if symbol.upper() == ticker.upper():
        return ()
    return (
        f"{ticker}: Yahoo answers with {symbol}, perhaps its new name; kept as {ticker}, "
        f"and to be pulled as {symbol} from now on",
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
