"""Keeping the results cache in few large files: small segments become one.

Every run that computes anything leaves a segment, and the next one looks into all of them. Most
hold the few events that changed since. Once there are many, they are copied into one; the new one
is there before the old ones go, so a crash in between costs space and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.results.cache import SEGMENTS, ResultsCache
from backtest.results.compute import EVENT_TABLES
from backtest.results.event_frames import OBS
from backtest.results.histories import HISTORY, days_each, rows_together
from backtest.results.keys import ENGINE_VERSION, segment_key
from backtest.results.shards import SHARD
from backtest.spec import StudySpec
from backtest.splice import Part, spliced

if TYPE_CHECKING:
    import polars as pl

    from backtest.engine.arrays import Bools

MANY = 8
"""Small segments of one specification from which on they are merged."""

FULL = SHARD // 2
"""Observations, times models, from which on a segment is large enough: it is never merged."""

_REPLACED = 0.9

_LARGE = 4
"""The largest segment is copied too once the others hold a fourth of what it holds."""


@dataclass(frozen=True, slots=True, eq=False)
class _Segment:
    """A segment by name, and the keys it has."""

    name: str
    keys: pl.DataFrame


def segment_facts(spec: StudySpec) -> dict[str, Any]:
    """Return what a segment says of itself: who can use it."""
    return {"engine": ENGINE_VERSION, "spec": spec.content_hash(event_level=True)}


def compact(cache: ResultsCache, spec: StudySpec) -> int:
    """Merge the small segments of a specification if there are many; return how many there were.

    Segments of another version of the engine, which nobody can use any more, are removed.
    """
    if cache.folder is None:
        return 0
    own, stale = [], []
    for name, facts in cache.newest(SEGMENTS):
        if facts == segment_facts(spec):
            own.append(name)
        elif facts.get("engine", ENGINE_VERSION) != ENGINE_VERSION:
            stale.append(name)
    cache.remove(SEGMENTS, stale)
    if len(own) <= MANY:
        return 0
    found = [(name, cache.read_table(SEGMENTS, name, "keys")) for name in own]
    every = [_Segment(name, keys) for name, keys in found if keys is not None]
    full = [one for one in every if len(one.keys) >= FULL // len(spec.models)]
    cache.remove(SEGMENTS, _superseded(full))
    chosen = _chosen([one for one in every if one not in full])
    if len(chosen) <= MANY or not _merged(cache, chosen, spec):
        return 0
    return len(chosen)


def _superseded(segments: Sequence[_Segment]) -> list[str]:
    """Return the full segments nearly all of whose observations newer full ones have.

    Where one event of a large study changed, a segment was written that differs in one.
    """
    import polars as pl

    if len(segments) < 2:
        return []
    first = pl.concat([one.keys["key"] for one in segments]).is_first_distinct().to_numpy()
    ends = np.cumsum([len(one.keys) for one in segments])[:-1]
    shares = [float(own.mean()) for own in np.split(first, ends)]
    pairs = zip(segments, shares, strict=True)
    return [one.name for one, new in pairs if new <= 1.0 - _REPLACED]


def _chosen(segments: Sequence[_Segment]) -> list[_Segment]:
    """Return the segments to merge, newest first: all, or all but a far larger one."""
    rows = [len(one.keys) for one in segments]
    largest = int(np.argmax(rows)) if rows else 0
    others = sum(rows) - rows[largest] if rows else 0
    spared = largest if rows and others * _LARGE < rows[largest] else -1
    return [one for at, one in enumerate(segments) if at != spared]


def _merged(cache: ResultsCache, segments: Sequence[_Segment], spec: StudySpec) -> bool:
    """Write one segment in place of some; False where one of them cannot be read."""
    import polars as pl

    parts: list[Part] = []
    histories: list[pl.DataFrame] = []
    keys: list[pl.DataFrame] = []
    for one in segments:
        entry = cache.read(SEGMENTS, one.name, [*EVENT_TABLES, HISTORY])
        if entry is None:
            return False
        fresh = _fresh(one.keys, keys)
        start = sum(len(frame) for frame in keys)
        numbers = np.where(fresh, start + np.cumsum(fresh) - 1, -1)
        stored = one.keys[OBS].to_numpy().astype(np.int64)
        parts.append(Part(entry[0], stored, numbers))
        histories.append(entry[0][HISTORY].filter(np.repeat(fresh, days_each(spec))))
        keys.append(one.keys.filter(fresh))
    every = pl.concat(keys).with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(OBS))
    tables = {name: table.rechunk() for name, table in spliced(parts, EVENT_TABLES, OBS).items()}
    name = segment_key(every["key"].to_list())
    cache.write(
        SEGMENTS,
        name,
        {"keys": every, **tables, HISTORY: pl.concat(histories)},
        segment_facts(spec),
        {HISTORY: rows_together(spec)},
    )
    if cache.read(SEGMENTS, name, ["keys"]) is None:
        return False
    cache.remove(SEGMENTS, [one.name for one in segments if one.name != name])
    return True


def _fresh(own: pl.DataFrame, before: Sequence[pl.DataFrame]) -> Bools:
    """Return (n,) whether a key is in none of the newer segments."""
    import polars as pl

    if not before:
        return np.ones(len(own), dtype=bool)
    known = pl.concat([frame["key"] for frame in before])
    fresh: Bools = ~own["key"].is_in(known.implode()).to_numpy()
    return fresh
