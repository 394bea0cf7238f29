"""From the client library's pandas frames to ours."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from backtest.prices.provider import ACTIONS, DIVIDEND, SHARES, SPLIT

if TYPE_CHECKING:
    import polars as pl

_PRICES = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
_SETTLING = dt.timedelta(minutes=20)


def price_rows(history: Any, ticker: str) -> pl.DataFrame:
    """Return `BARS` rows without `adj_close`; a price that is not there is null.

    Args:
        history: what `Ticker.history` gave, indexed by midnight in the exchange's zone.
    """
    import polars as pl

    columns: dict[str, Any] = {
        "date": pl.Series(list(history.index.date), dtype=pl.Date),
        "ticker": pl.Series([ticker] * len(history), dtype=pl.String),
    }
    for name, theirs in _PRICES.items():
        values = pl.Series(history[theirs].to_numpy(dtype="float64"), dtype=pl.Float64)
        columns[name] = values.fill_nan(None)
    frame = pl.DataFrame(columns)
    prices = [pl.when(pl.col(n) > 0).then(pl.col(n)).alias(n) for n in _PRICES if n != "volume"]
    return frame.with_columns(prices)


def action_rows(history: Any, ticker: str) -> pl.DataFrame:
    """Return `ACTIONS` rows: dividends with capital gains paid out, and splits."""
    import polars as pl

    paid = history["Dividends"].fillna(0.0)
    if "Capital Gains" in history:
        paid = paid + history["Capital Gains"].fillna(0.0)
    rows = [
        (ticker, day, kind, float(value))
        for kind, series in ((DIVIDEND, paid), (SPLIT, history["Stock Splits"].fillna(0.0)))
        for day, value in zip(history.index.date, series, strict=True)
        if value > 0
    ]
    return pl.DataFrame(rows, schema=ACTIONS.schema(), orient="row")


def share_rows(counts: Any, ticker: str) -> pl.DataFrame:
    """Return `SHARES` rows as reported; none where the library found none."""
    import polars as pl

    if counts is None:
        return SHARES.empty()
    rows = [
        (ticker, day, float(count))
        for day, count in zip(counts.index.date, counts.to_numpy(), strict=True)
        if count is not None
    ]
    return pl.DataFrame(rows, schema=SHARES.schema(), orient="row")


def unfinished_day(meta: Any, now: dt.datetime) -> dt.date:
    """Return the first day whose bar may still move: today, or tomorrow after today's close.

    Args:
        meta: the chart's metadata; says the exchange's zone and its present trading period.
        now: an aware instant.
    """
    zone = ZoneInfo(str(meta.get("exchangeTimezoneName") or "UTC"))
    today = now.astimezone(zone).date()
    period = (meta.get("currentTradingPeriod") or {}).get("regular") or {}
    end = period.get("end")
    if end is None:
        return today
    closes = _instant(end)
    if closes.astimezone(zone).date() == today and now >= closes + _SETTLING:
        return today + dt.timedelta(days=1)
    return today


def last_trade(meta: Any) -> dt.date | None:
    """Return the exchange's day of the last trade, None where Yahoo does not say."""
    traded = meta.get("regularMarketTime")
    if traded is None:
        return None
    zone = ZoneInfo(str(meta.get("exchangeTimezoneName") or "UTC"))
    return _instant(traded).astimezone(zone).date()


def _instant(value: Any) -> dt.datetime:
    """Read a time that the library may or may not have converted already."""
    if isinstance(value, (int, float)):
        return dt.datetime.fromtimestamp(value, dt.UTC)
    moment = value.to_pydatetime()
    return moment if isinstance(moment, dt.datetime) else dt.datetime.max.replace(tzinfo=dt.UTC)
