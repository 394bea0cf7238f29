"""Pulling many securities into the store, so that whatever stops it, the next pull goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

from backtest.prices._record import Damaged, Record
from backtest.prices.provider import RemoteProvider
from backtest.prices.refresh import Refreshed, refresh
from backtest.prices.store import PriceStore

JUST_NOW = dt.timedelta(minutes=30)


def pull(
    store: PriceStore,
    provider: RemoteProvider,
    tickers: Collection[str],
    now: dt.datetime,
    since: dt.date | None = None,
    done: Callable[[Refreshed], None] = lambda _: None,
) -> list[Refreshed]:
    """Refresh securities one by one, those that were never or longest ago asked for first.

    Each is saved before the next is asked for, so whatever stops a pull, the next one goes on from
    there; what was refreshed within half an hour is not asked for again.

    Args:
        done: called after each security.

    Raises:
        DataUnavailable: the provider cannot be reached, or the disk is full.
        RateLimited: the provider asks us to stop.
        BadUsage: the store cannot be written to.
    """
    out = []
    for ticker in sorted(dict.fromkeys(tickers), key=lambda name: _age_order(store, name)):
        result = _skipped(store, ticker, now, since) or refresh(store, provider, ticker, now, since)
        out.append(result)
        done(result)
    return out


def _skipped(
    store: PriceStore, ticker: str, now: dt.datetime, since: dt.date | None
) -> Refreshed | None:
    """Return what to say of a security that was just refreshed and can be read in full."""
    try:
        held = store.read(ticker)
    except Damaged:
        return None
    if held is None or not held.record.reaches_back_to(since):
        return None
    recent = now - held.record.retrieved_at < JUST_NOW
    return Refreshed(ticker, "skipped", held.record) if recent else None


def _age_order(store: PriceStore, ticker: str) -> str:
    record = _readable(store, ticker)
    return record.retrieved_at.isoformat() if record else ""


def _readable(store: PriceStore, ticker: str) -> Record | None:
    try:
        return store.record(ticker)
    except Damaged:
        return None
