"""Dense bars from the study's own price source and session clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Bools, Dates, Floats
from backtest.errors import DataUnavailable
from backtest.prices.closes import Closes, closes_in
from backtest.prices.panel import VOLUME, build_panel
from backtest.prices.provider import DIVIDEND, Bars
from backtest.results.axes import follows, on_sessions, own_dates, sessions_of
from backtest.results.source import Source
from backtest.strategy.bars import TradeBars, last_known

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock

NOISE = 1e-9
"""Below this share of the price a dividend that follows from two closes is rounding."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Bars, why securities have none, and what the reader should know."""

    bars: TradeBars
    missing: dict[str, str]
    notes: tuple[str, ...]
    last_date: dt.date | None


def load_bars(source: Source, tickers: Collection[str], clock: SessionClock) -> Loaded:
    """Read all bars that the source has of some securities, on the sessions of one exchange.

    Raises:
        DataUnavailable: it has none at all.
    """
    wanted = sorted(set(tickers))
    found = source.bars(wanted, None, None)
    if found.frame.is_empty():
        why = next(iter(found.missing.values()), "the source is empty")
        raise DataUnavailable.because("no-prices", f"there is nothing to trade on: {why}")
    names = [ticker for ticker in wanted if ticker not in found.missing]
    notes = [*found.notes, *_dear(found)]
    if follows(found.frame, names, clock):
        calendar, low, high = sessions_of(found.frame, clock)
        sessions = calendar[low:high]
        frame = on_sessions(found.frame, names, sessions)
    else:
        sessions, frame = own_dates(source, found.frame), found.frame
        notes.append("the dates of the price table serve as sessions")
    panel, more = build_panel(frame, sessions, names, volumes=True)
    prices = panel.prices
    bars = TradeBars.of(
        names,
        panel.sessions,
        prices["close"],
        open=prices.get("open"),
        high=prices.get("high"),
        low=prices.get("low"),
        total_return=prices["total_return"],
        volume=prices.get(VOLUME),
        dividend=_dividends(found.actions, names, prices, panel.sessions),
    )
    last = frame["date"].max()
    return Loaded(
        bars,
        dict(found.missing),
        tuple(dict.fromkeys([*notes, *more])),
        last if isinstance(last, dt.date) else None,
    )


def _dear(found: Bars) -> list[str]:
    """Say which prices nobody could have paid."""
    closes = found.closes or closes_in(found.frame)
    names = sorted(name for name, kind in closes.items() if kind is Closes.TOTAL_RETURN)
    some = f"{', '.join(names[:4])}{' and more' if len(names) > 4 else ''}"
    told = f"{some}: dividends are in the prices, so fills are below the prices that were paid"
    return [told] if names else []


def _dividends(
    actions: pl.DataFrame | None, names: list[str], prices: dict[str, Floats], sessions: Dates
) -> Floats:
    """Return (P, S) the dividends told, and of other securities those that their closes imply."""
    close = prices["close"]
    out = _implied(close, prices["total_return"])
    if actions is None:
        return out
    paid = actions.filter(actions["kind"] == DIVIDEND)
    row_of = {name: row for row, name in enumerate(names)}
    rows = np.array([row_of.get(name, -1) for name in paid["ticker"].to_list()], dtype=np.int64)
    dates = paid["date"].to_numpy().astype("datetime64[D]")
    place = np.searchsorted(sessions, dates)
    inside = (rows >= 0) & (place < len(sessions)) & (dates >= sessions[0])
    told: Bools = np.zeros(len(names), dtype=np.bool_)
    told[rows[rows >= 0]] = True
    out[told] = 0.0
    np.add.at(out, (rows[inside], place[inside]), paid["value"].to_numpy()[inside])
    return out


def _implied(close: Floats, total_return: Floats) -> Floats:
    """Return (P, S) what a total-return close says was paid, 0 where it says nothing."""
    # A close without the other one says nothing of what was paid: its price moved meanwhile.
    both = np.isfinite(close) & np.isfinite(total_return)
    close, adjusted = (last_known(np.where(both, one, np.nan)) for one in (close, total_return))
    out = np.zeros(close.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = adjusted / close
        amount = close[:, :-1] * (1.0 - ratio[:, :-1] / ratio[:, 1:])
        real = np.isfinite(amount) & (np.abs(amount) > NOISE * close[:, :-1])
    out[:, 1:][real] = amount[real]
    return out
