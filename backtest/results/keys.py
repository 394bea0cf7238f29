"""Content keys: what a cached result depends on, all of it and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np

import backtest
from backtest.engine.arrays import Dates, Ints
from backtest.engine.shifts import reach
from backtest.inference import event_tests_of
from backtest.models import models
from backtest.prices.digest import Words, mixed, range_digests
from backtest.results.controls import pool_words
from backtest.results.place import Placed, barred_by_factors
from backtest.spec import StudySpec

ENGINE_VERSION = f"{backtest.__version__}+12"
"""Raised whenever a number could come out differently from the same input."""

_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)

IDENTITY = ("event_id", "ticker", "alternative", "session", "currency")
"""What an observation is, whatever its prices."""


def with_keys(placed: Placed, spec: StudySpec) -> Placed:
    """Return the observations with a column `key`: identity, spec, and every price they read.

    Prices enter by the digest of exactly the sessions from the one before the estimation window to
    the end of the event window, of the security and of the benchmark (and of the benchmark those
    that a model's leads and lags reach beyond them); so a corrected price recomputes the events
    that read it and no other. The sessions themselves enter too: one on which neither has a price
    leaves no trace in prices, but it is a gap. Keys are two 64-bit words: with a billion
    observations the chance of any two meeting is below 10⁻¹⁹.
    """
    import polars as pl

    asked = "".join(f"|{test.key}" for test in event_tests_of(spec.tests))
    common = (
        f"{spec.content_hash(event_level=True)}|{placed.market.exchange}|{ENGINE_VERSION}{asked}"
    )
    identity = pl.concat_str(
        [pl.lit(common), *(pl.col(name).cast(pl.String).fill_null("") for name in IDENTITY)],
        separator="\x1f",
    )
    words = _prices_read(placed, spec)
    lanes = []
    for lane in range(2):
        key = placed.observations.select(identity.hash(seed=lane)).to_series().to_numpy()
        for word in words:
            key = mixed(key * np.uint64(_FACTORS[lane]) + word)
        lanes.append(pl.Series(f"lane{lane}", key).cast(pl.String))
    column = pl.select(pl.concat_str(lanes, separator="-").alias("key")).to_series()
    return replace(placed, observations=placed.observations.with_columns(column))


def _prices_read(placed: Placed, spec: StudySpec) -> list[Words]:
    """Return words of (n,): digests of the sessions, of the prices on them, and of the shares.

    Where controls are chosen, all securities that could have been are read.
    """
    market = placed.market
    first = placed.day0 + spec.estimation.start - 1
    last = placed.day0 + spec.window.end
    before, after = reach(models.get(key) for key in spec.models)
    begin, end = first - before, last + after
    benchmark = np.full_like(placed.rows, market.panel.rows([spec.benchmark])[0])
    axis = _axis_prefix(market.panel.sessions)
    return [
        *range_digests(axis, np.zeros_like(placed.rows), begin, end),
        *range_digests(market.prefix, placed.rows, first, last),
        *range_digests(market.prefix, benchmark, begin, end),
        *market.counts.digests(len(market.panel.tickers))[:, placed.rows],
        *_factors_read(placed, spec, first, last),
        *pool_words(placed, spec, first, last),
    ]


def _factors_read(placed: Placed, spec: StudySpec, first: Ints, last: Ints) -> list[Words]:
    """Return words of (n,) of the factors that the models use; none where they use none."""
    market, words = placed.market, []
    for row in market.panel.rows(spec.factor_tickers):
        words += [*range_digests(market.prefix, np.full_like(placed.rows, row), first, last)]
    if market.factors is not None:
        barred = barred_by_factors(placed, market.factors.names, spec)
        words += market.factors.digests(first + 1, last, barred)
    return words


def _axis_prefix(sessions: Dates) -> Words:
    """Return (2, 1, S + 1) sums of hashes of all sessions before an index."""
    days = sessions.astype("datetime64[D]").astype(np.int64).astype(np.uint64)
    lanes = [np.cumsum(mixed(days * np.uint64(factor)), dtype=np.uint64) for factor in _FACTORS]
    return np.concatenate([np.zeros((2, 1, 1), np.uint64), np.stack(lanes)[:, None, :]], axis=2)


def study_key(spec: StudySpec, table_hash: str, fingerprint: str, *data: str) -> str:
    """Return the key of a whole study over sources known by their fingerprint.

    Args:
        spec: the study.
        table_hash: of the events.
        fingerprint: of the prices.
        data: digests of the factors and the sectors that its models need.
    """
    calendars = version("exchange_calendars")
    parts = [ENGINE_VERSION, calendars, spec.content_hash(), table_hash, fingerprint]
    text = "|".join([*parts, *data])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def segment_key(keys: Sequence[str]) -> str:
    """Return the name of the segment that holds these observations in this order."""
    return hashlib.blake2b("".join(keys).encode(), digest_size=16).hexdigest()
