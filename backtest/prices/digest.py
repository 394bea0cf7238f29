"""Content digests of any price range in constant time.

A study's cache key must name the exact prices each event read. Hashing every window anew would
read them all again, so each cell (price, date) gets a 128-bit hash and a security's hashes are
summed along time: the digest of a range is the difference of two prefix sums, modulo 2⁶⁴ in two
lanes (the incremental hashing of Bellare & Micciancio 1997). Missing prices contribute nothing, nor
do total returns where they repeat the close, so a panel that has grown at its ends or by other
securities gives old ranges their old digests.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from backtest.prices.panel import Panel

Words = NDArray[np.uint64]

_LANES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)


def prefix_digests(panel: Panel) -> Words:
    """Return (2, securities, S + 1) sums of cell hashes over all sessions before an index."""
    days = panel.sessions.astype("datetime64[D]").astype(np.int64).astype(np.uint64)
    out = np.zeros((2, len(panel.tickers), len(days) + 1), dtype=np.uint64)
    for name, prices in panel.prices.items():
        if name == "total_return" and prices is panel.prices.get("close"):
            continue
        counted, bits = _cells(panel, name)
        tag = np.frombuffer(hashlib.blake2b(name.encode(), digest_size=8).digest(), np.uint64)
        for lane, seed in enumerate(_LANES):
            salt = mixed(days * np.uint64(seed) + tag)
            out[lane, :, 1:] += np.where(counted, mixed(bits ^ salt), np.uint64(0))
    return np.cumsum(out, axis=2, dtype=np.uint64)


def range_digests(
    prefix: Words, rows: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> Words:
    """Return (2, n) digests of sessions `first` to `last`, both included and cut to the panel."""
    size = prefix.shape[2] - 1
    low, high = first.clip(0, size), (last + 1).clip(0, size)
    return prefix[:, rows, high] - prefix[:, rows, low]


def _cells(panel: Panel, name: str) -> tuple[NDArray[np.bool_], Words]:
    """Return which cells of a price count, and their bits."""
    prices, close = panel.prices[name], panel.prices.get("close")
    there = np.isfinite(prices)
    if name != "total_return" or close is None:
        return there, prices.view(np.uint64)
    # A missing total return beside a close does not repeat it, so it counts.
    counted = (there | np.isfinite(close)) & (prices != close)
    return counted, np.where(there, prices, np.nan).view(np.uint64)


def mixed(words: Words) -> Words:
    """Scramble 64-bit words (the finaliser of SplitMix64, Steele, Lea & Flood 2014)."""
    words = words.copy()
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words
