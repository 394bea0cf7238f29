"""Bringing one stored security up to date: ask for what is missing, and notice a changed past."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from backtest.errors import BacktestError
from backtest.prices._damage import Damage, lost_versions
from backtest.prices._record import IMPORTED, Damaged, Record
from backtest.prices.provider import ACTIONS, DIVIDEND, SHARES, SPLIT, Bars, RemoteProvider
from backtest.prices.share_counts import count_notes
from backtest.prices.store import Held, PriceStore
from backtest.prices.total_return import with_total_return

if TYPE_CHECKING:
    import polars as pl

State = Literal["new", "extended", "unchanged", "revised", "skipped", "missing"]

OVERLAP = 260
"""Sessions asked for again, to see whether the provider has changed the past.

A year of them costs the same one request as a week. A dividend or split may arrive weeks late.
"""
SHARES_BEFORE = dt.timedelta(days=200)
"""How long before the first bar a count may have become known that is still the one to use."""
SHARES_AGE = dt.timedelta(days=7)
SKEW = dt.timedelta(days=1)
"""How far two machines' clocks may honestly differ."""
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What became of one security; `record` is None where the provider has nothing for it."""

    ticker: str
    state: State
    record: Record | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


def last_finished_weekday(now: dt.datetime) -> dt.date:
    """Return the last weekday that is over everywhere; later bars cannot be expected yet."""
    day = now.astimezone(dt.UTC).date() - dt.timedelta(days=1)
    return day - dt.timedelta(days=max(0, day.weekday() - 4))


def covers(record: Record, start: dt.date | None, end: dt.date | None, now: dt.datetime) -> bool:
    """Whether asking again could not add anything between two days."""
    if not record.reaches_back_to(start):
        return False
    needed = record.last if end is None else min(end, last_finished_weekday(now))
    # What was had while the clock was ahead says nothing about how far it is complete.
    complete = record.last if record.retrieved_at > now + SKEW else record.complete_to
    return max(record.last, complete) >= needed


def shares_due(record: Record, now: dt.datetime) -> bool:
    """Whether share counts are to be asked for: never answered, a week old, or from the future."""
    if record.provider == IMPORTED:
        return False
    return record.shares_at is None or abs(now - record.shares_at) > SHARES_AGE


def refresh(
    store: PriceStore,
    provider: RemoteProvider,
    ticker: str,
    now: dt.datetime,
    since: dt.date | None = None,
) -> Refreshed:
    """Bring one security up to date in the store.

    Raises:
        DataUnavailable: the provider cannot be reached, or the disk is full.
        RateLimited: the provider asks us to stop.
        BadUsage: the store cannot be written to. In all cases what was stored before is intact.
    """
    before = _record_of(store, ticker)
    result = _refreshed(store, provider, ticker, now, since)
    lost = tuple(lost_versions(before, result.record)) if result.record else ()
    return replace(result, notes=(*result.notes, *lost))


def _record_of(store: PriceStore, ticker: str) -> Record | None:
    with suppress(Damaged):
        return store.record(ticker)
    return None


def _refreshed(
    store: PriceStore,
    provider: RemoteProvider,
    ticker: str,
    now: dt.datetime,
    since: dt.date | None,
) -> Refreshed:
    try:
        held = store.read(ticker)
    except Damaged as reason:
        if _is_imported(store, ticker):
            return Refreshed(ticker, "missing", reason=Damage(ticker, str(reason), IMPORTED).told())
        result = _whole(store, provider, ticker, now, since, None)
        note = f"{ticker}: its stored file was damaged ({reason}); fetched anew"
        return replace(result, notes=(note, *result.notes))
    if held is not None and held.record.provider == IMPORTED:
        return Refreshed(ticker, "unchanged", held.record)
    if held is None or not held.record.reaches_back_to(since):
        return _whole(store, provider, ticker, now, since, held)
    return _newer(store, provider, now, held)


def _is_imported(store: PriceStore, ticker: str) -> bool:
    """Whether a security whose tables cannot be read is the user's own by its record."""
    record = _record_of(store, ticker)
    return record is not None and record.provider == IMPORTED


def _whole(
    store: PriceStore,
    provider: RemoteProvider,
    ticker: str,
    now: dt.datetime,
    since: dt.date | None,
    before: Held | None,
) -> Refreshed:
    """Fetch the whole history from `since`."""
    answer = provider.bars([ticker], since, None)
    if ticker in answer.missing:
        return _nothing(ticker, answer, before)
    bars = answer.frame.sort("date")
    actions = ACTIONS.empty() if answer.actions is None else answer.actions
    fresh = _held(answer, bars, actions, now, provider.key, since)
    if before is not None:
        fresh = replace(fresh, shares=before.shares)
    if before is not None and _is_another(before.record, fresh.record):
        return _kept_instead(provider, before.record, fresh.record)
    record, counted = _save(
        store, provider, fresh, before.record if before else None, renew_shares=True
    )
    state: State = "revised" if before else "new"
    return Refreshed(ticker, state, record, notes=(*answer.notes, *counted))


def _newer(store: PriceStore, provider: RemoteProvider, now: dt.datetime, held: Held) -> Refreshed:
    """Fetch what came after the last stored session, with a few sessions before it."""
    ticker = held.record.ticker
    start = held.bars["date"].sort()[-min(OVERLAP, held.bars.height)]
    answer = provider.bars([ticker], start, None)
    if ticker in answer.missing:
        return _nothing(ticker, answer, held)
    why = _revision(held, answer, start)
    if why:
        result = _whole(store, provider, ticker, now, held.record.asked_from, held)
        note = f"{ticker}: {provider.describe()} has changed the past ({why}); fetched anew"
        return replace(result, notes=(note, *result.notes)) if result.state == "revised" else result
    bars, actions = _joined(held, answer, start)
    fresh = _held(answer, bars, actions, now, provider.key, held.record.asked_from)
    fresh = replace(
        fresh,
        shares=held.shares,
        record=replace(fresh.record, shares_at=held.record.shares_at),
    )
    stale = held.record.shares_at is None or now - held.record.shares_at > SHARES_AGE
    record, counted = _save(store, provider, fresh, held.record, renew_shares=stale)
    state: State = "extended" if record.last > held.record.last else "unchanged"
    late = late_dividends(held, actions, start)
    return Refreshed(ticker, state, record, notes=(*answer.notes, *late, *counted))


_LATER_START = dt.timedelta(days=31)


def _is_another(before: Record, fresh: Record) -> bool:
    """Whether a history that takes another's place lacks its beginning.

    A ticker that was given to another company starts when that one was listed; a torn answer
    starts where it was torn. A change of the past keeps the first day.
    """
    return before.reaches_back_to(fresh.asked_from) and fresh.first > before.first + _LATER_START


def _kept_instead(provider: RemoteProvider, before: Record, fresh: Record) -> Refreshed:
    note = (
        f"{before.ticker}: {provider.describe()} now has {fresh.first} to {fresh.last} only, "
        f"perhaps another security under this name; what is stored "
        f"({before.first} to {before.last}) is kept and not brought up to date"
    )
    return Refreshed(before.ticker, "unchanged", before, notes=(note,))


def late_dividends(held: Held, actions: pl.DataFrame, start: dt.date) -> tuple[str, ...]:
    """Say which dividends of sessions that were stored arrived, changed or went after the fact.

    Args:
        actions: those that take the place of the stored ones.
        start: the first day that was asked for again.
    """
    import polars as pl

    def paid(rows: pl.DataFrame) -> dict[dt.date, float]:
        within = pl.col("date").is_between(start, held.record.last)
        rows = rows.filter(within, pl.col("kind") == DIVIDEND)
        return dict(rows.select("date", "value").iter_rows())

    old, new = paid(held.actions), paid(actions)
    changed = sorted(day for day in old.keys() | new.keys() if old.get(day) != new.get(day))
    if not changed:
        return ()
    day = changed[0]
    told = f"{old.get(day, 0):g}, is {new.get(day, 0):g}" if day in old else f"0, is {new[day]:g}"
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return (
        f"{held.record.ticker}: dividends changed after the fact ({day} was {told}{more}); "
        "total returns before are computed anew",
    )


def _revision(held: Held, answer: Bars, start: dt.date) -> str:
    """Say how the answer contradicts what is stored from `start` on; empty if it does not."""
    import polars as pl

    unit, currency = held.record.currency, answer.currencies.get(held.record.ticker)
    if unit and currency and unit != currency:
        return f"quoted in {unit} before, in {currency} now"
    old, new = held.actions, answer.actions
    if new is not None:
        known = set(old.filter(pl.col("kind") == SPLIT)["date"].to_list())
        splits = new.filter(pl.col("kind") == SPLIT).select("date", "value").iter_rows()
        for day, ratio in splits:
            if day not in known:
                return f"split {ratio:g} for 1 on {day}"
    column = "close" if new is not None else "adj_close"
    pairs = (
        held.bars.filter(pl.col("date") >= start)
        .select("date", before=column)
        .join(answer.frame.select("date", after=column), on="date", how="left")
        .sort("date")
    )
    for day, before, after in pairs.iter_rows():
        if before is not None and after is None:
            return f"{day} is gone"
        if before is not None and abs(after / before - 1) > _SAME:
            return f"close of {day} was {before:g}, is {after:g}"
    return ""


def _joined(held: Held, answer: Bars, start: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put the answer in place of everything stored from `start` on.

    A new dividend lowers every total-return close before it, so these are built anew.
    """
    import polars as pl

    older = pl.col("date") < start
    bars = pl.concat([held.bars.filter(older), answer.frame]).sort("date")
    if answer.actions is None:
        return bars, held.actions
    actions = pl.concat([held.actions.filter(older), answer.actions])
    return with_total_return(bars, actions.filter(pl.col("kind") == DIVIDEND)), actions


def _held(
    answer: Bars,
    bars: pl.DataFrame,
    actions: pl.DataFrame,
    now: dt.datetime,
    provider: str,
    asked_from: dt.date | None,
) -> Held:
    days = bars["date"].sort()
    ticker = str(bars["ticker"][0])
    record = Record(
        ticker=ticker,
        provider=provider,
        retrieved_at=now.astimezone(dt.UTC),
        first=days[0],
        last=days[-1],
        rows=bars.height,
        complete_to=max(answer.complete_to or days[-1], days[-1]),
        asked_from=asked_from,
        currency=answer.currencies.get(ticker),
    )
    return Held(record, bars, actions, SHARES.empty())


def _save(
    store: PriceStore,
    provider: RemoteProvider,
    held: Held,
    before: Record | None,
    *,
    renew_shares: bool,
) -> tuple[Record, tuple[str, ...]]:
    """Save bars in any case; a refusal while asking for share counts must not lose them.

    Returns:
        The record, and what to say of counts that came.
    """
    if not renew_shares:
        return store.write(held, before), ()
    record = held.record
    try:
        first = record.asked_from and record.asked_from - SHARES_BEFORE
        reported = provider.reported_shares(record.ticker, first)
    except BacktestError:
        store.write(held, before)
        raise
    shares, notes = reported.counts, reported.notes
    if shares.is_empty():
        shares = held.shares
    elif not shares.equals(held.shares):
        notes = (*notes, *count_notes(record.ticker, shares, held.actions))
    record = replace(record, shares_at=record.retrieved_at)
    return store.write(replace(held, shares=shares, record=record), before), notes


def _nothing(ticker: str, answer: Bars, held: Held | None) -> Refreshed:
    reason = answer.missing[ticker]
    if held is None:
        return Refreshed(ticker, "missing", reason=reason)
    note = f"{ticker}: nothing after {held.record.last} ({reason}); what is stored is kept"
    return Refreshed(ticker, "unchanged", held.record, notes=(note,))
