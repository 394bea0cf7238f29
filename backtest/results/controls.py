"""The pool that control securities are chosen from, and how cached results name it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.pool import Pool
from backtest.prices.digest import Words, mixed, range_digests
from backtest.results.markets import Market
from backtest.results.place import Placed
from backtest.results.pool_members import home, needs_pool
from backtest.spec import StudySpec

_CHUNK = 2048
"""Observations whose barred securities are looked at together."""


def with_pools(placed: Sequence[Placed], spec: StudySpec) -> list[Placed]:
    """Give each market its pool, with all observations of the study as events to keep clear of."""
    if not needs_pool(spec):
        return list(placed)
    return [replace(one, market=replace(one.market, pool=_pool(one, spec))) for one in placed]


def _pool(placed: Placed, spec: StudySpec) -> Pool:
    market = placed.market
    common = {spec.benchmark, *spec.factor_tickers}
    # A kept panel has all of a table: what is at home elsewhere is no peer here either.
    peers = [one not in common and home(one) == market.exchange for one in market.panel.tickers]
    names = placed.observations["event_id"].to_list()
    number = {name: place for place, name in enumerate(dict.fromkeys(names))}
    order = np.argsort(placed.day0, kind="stable")
    events = np.array([number[name] for name in names], dtype=np.int64)
    return Pool(
        np.array(peers, dtype=np.bool_),
        _log_sizes(market),
        placed.rows[order],
        placed.day0[order],
        events[order],
    )


def _log_sizes(market: Market) -> Floats | None:
    """Return log market values (P, S) from closes without dividends and counts known by the day."""
    if not len(market.counts.code):
        return None
    closes = market.panel.prices["close"]
    rows = np.broadcast_to(np.arange(len(closes))[:, None], closes.shape)
    dates = np.broadcast_to(market.panel.sessions.astype("datetime64[D]"), closes.shape)
    shares, _ = market.counts.known(rows, dates)
    return np.log(shares * closes)


def pool_words(placed: Placed, spec: StudySpec, first: Ints, last: Ints) -> list[Words]:
    """Return words of (n,) of all that a choice of controls can depend on; none without a pool.

    That is every candidate's name, prices on sessions `first` to `last` and share counts, and who
    was barred. A security without a price there is no candidate and leaves no trace.
    """
    market = placed.market
    if market.pool is None:
        return []
    names = _name_words(market.panel.tickers)
    names[:, ~market.pool.eligible] = 0
    counts = market.counts.digests(len(market.panel.tickers))
    days, group = np.unique(placed.day0, return_inverse=True)
    read = np.zeros((2, len(days)), dtype=np.uint64)
    everybody = np.arange(len(market.panel.tickers))
    for place, at in enumerate(_first_of(group, len(days))):
        low, high = np.full_like(everybody, first[at]), np.full_like(everybody, last[at])
        prices = range_digests(market.prefix, everybody, low, high)
        there = (prices != 0).any(axis=0) & market.pool.eligible
        read[:, place] = np.where(there, mixed(prices ^ mixed(names + counts)), 0).sum(axis=1)
    kept_out = np.zeros((2, len(placed.rows)), dtype=np.uint64)
    for begin in range(0, len(placed.rows), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        barred = market.pool.barred(placed.rows[part], placed.day0[part], spec.window)
        kept_out[:, part] = (barred.astype(np.uint64) @ names.T).T
    return [*read[:, group], *kept_out]


def _first_of(group: Ints, count: int) -> Ints:
    """Return the place of the first member of each group."""
    first = np.zeros(count, dtype=np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    return first


def _name_words(tickers: Sequence[str]) -> Words:
    """Return (2, P) words of names."""
    digests = [hashlib.blake2b(ticker.encode(), digest_size=16).digest() for ticker in tickers]
    return np.frombuffer(b"".join(digests), np.uint64).reshape(-1, 2).T.copy()
