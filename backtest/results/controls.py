"""The pool that control securities are chosen from, and how cached results name it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from backtest.engine.arrays import Floats, Ints
from backtest.engine.pool import Pool
from backtest.prices.digest import Words, mixed, range_digests
from backtest.prices.sectors import Sectors
from backtest.results.markets import Market
from backtest.results.place import Placed
from backtest.results.pool_members import home, needs_pool
from backtest.spec import StudySpec

_CHUNK = 2048
"""Observations whose barred securities are looked at together."""


def with_pools(placed: Sequence[Placed], spec: StudySpec, sectors: Sectors | None) -> list[Placed]:
    """Give each market its pool, with all observations of the study as events to keep clear of."""
    if not needs_pool(spec):
        return list(placed)
    pools = [_pool(one, spec, sectors) for one in placed]
    return [
        replace(one, market=replace(one.market, pool=pool))
        for one, pool in zip(placed, pools, strict=True)
    ]


def _pool(placed: Placed, spec: StudySpec, sectors: Sectors | None) -> Pool:
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
        _sector_numbers(market.panel.tickers, sectors),
        placed.rows[order],
        placed.day0[order],
        events[order],
    )


def _sector_numbers(tickers: Sequence[str], sectors: Sectors | None) -> Ints:
    """Return (P,) a number for each one's sector, −1 where it is not given."""
    given = [sectors.by_ticker.get(ticker) if sectors else None for ticker in tickers]
    numbers = {None: -1} | {one: at for at, one in enumerate(dict.fromkeys(given)) if one}
    return np.array([numbers[one] for one in given], dtype=np.int64)


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
    was barred. A security without a price there is no candidate and leaves no trace; nor does one
    of another sector, for sectors are known by who is in them.
    """
    pool = placed.market.pool
    if pool is None:
        return []
    names = _name_words(placed.market.panel.tickers)
    names[:, ~pool.eligible] = 0
    return [
        *_candidates_read(placed, pool, names, (first, last)),
        *_kept_out(placed, pool, names, spec),
    ]


def _candidates_read(placed: Placed, pool: Pool, names: Words, span: tuple[Ints, Ints]) -> Words:
    """Return (2, n) words of the names, prices and share counts of all candidates of a sector."""
    market, (first, last) = placed.market, span
    named = mixed(names + market.counts.digests(len(market.panel.tickers)))
    sector = pool.sector[placed.rows]
    read = np.zeros((2, len(placed.rows)), dtype=np.uint64)
    everybody = np.arange(len(market.panel.tickers))
    for members in _by_day(placed.day0):
        at = members[0]
        low, high = np.full_like(everybody, first[at]), np.full_like(everybody, last[at])
        prices = range_digests(market.prefix, everybody, low, high)
        there = (prices != 0).any(axis=0) & pool.eligible
        words = np.where(there, mixed(prices ^ named), 0)
        for one in np.unique(sector[members]):
            own = members[sector[members] == one]
            (peers,) = pool.alike(placed.rows[own[:1]])
            # One more where it is a sector: a fit that fails for it gives another reason.
            read[:, own] = words[:, peers].sum(axis=1, keepdims=True) + np.uint64(one >= 0)
    return read


def _kept_out(placed: Placed, pool: Pool, names: Words, spec: StudySpec) -> Words:
    """Return (2, n) words of the candidates, of each observation's sector, that were barred."""
    out = np.zeros((2, len(placed.rows)), dtype=np.uint64)
    for begin in range(0, len(placed.rows), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        rows = placed.rows[part]
        barred = pool.barred(rows, placed.day0[part], spec.window) & pool.alike(rows)
        out[:, part] = (barred.astype(np.uint64) @ names.T).T
    return out


def _by_day(day0: Ints) -> list[Ints]:
    """Return the places of the observations of each event day."""
    order = np.argsort(day0, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(day0[order])) + 1) if len(order) else []


def _name_words(tickers: Sequence[str]) -> Words:
    """Return (2, P) words of names."""
    digests = [hashlib.blake2b(ticker.encode(), digest_size=16).digest() for ticker in tickers]
    return np.frombuffer(b"".join(digests), np.uint64).reshape(-1, 2).T.copy()
