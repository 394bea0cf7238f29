"""Pulling many securities into the store, so that whatever stops it, the next pull goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

from backtest.prices._answered import Answered
from backtest.prices._record import Damaged, Record
from backtest.prices.provider import RemoteProvider
from backtest.prices.refresh import Refreshed, refresh, shares_due
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
    there: what was refreshed within half an hour, or found to be missing, is not asked for again.
    The provider hears beforehand what will be asked for, to ask for many at once where it can.

    Args:
        done: called after each security.

    Raises:
        DataUnavailable: the provider cannot be reached, or the disk is full.
        RateLimited: the provider asks us to stop.
        BadUsage: the store cannot be written to.
    """
    answered = Answered(store.folder)
    absent = answered.between(provider.key, now - JUST_NOW, now)
    wanted = sorted(dict.fromkeys(tickers), key=lambda name: _age_order(store, name))
    settled = {ticker: _settled(store, ticker, now, since, absent) for ticker in wanted}
    provider.expect([ticker for ticker in wanted if settled[ticker] is None])
    out = []
    for ticker in wanted:
        result = settled[ticker]
        if result is None:
            result = refresh(store, provider, ticker, now, since)
            if result.state == "missing":
                answered.note(provider.key, ticker, result.reason, now)
        out.append(result)
        done(result)
    return out


def _settled(
    store: PriceStore,
    ticker: str,
    now: dt.datetime,
    since: dt.date | None,
    absent: dict[str, str],
) -> Refreshed | None:
    """Return what to say of a security that need not be asked for.

    It was just refreshed and can be read in full, or it was just found that there is none.
    """
    try:
        held = store.read(ticker)
    except Damaged:
        return None
    if held is None:
        reason = absent.get(ticker)
        return Refreshed(ticker, "missing", reason=reason) if reason and since is None else None
    if not held.record.reaches_back_to(since):
        return None
    # A clock that was ahead leaves times that are still to come: these are not just now.
    recent = abs(now - held.record.retrieved_at) < JUST_NOW
    settled = recent and not shares_due(held.record, now)
    return Refreshed(ticker, "skipped", held.record) if settled else None


def _age_order(store: PriceStore, ticker: str) -> str:
    record = _readable(store, ticker)
    return record.retrieved_at.isoformat() if record else ""


def _readable(store: PriceStore, ticker: str) -> Record | None:
    try:
        return store.record(ticker)
    except Damaged:
        return None
