"""Studies larger than the memory: computed, written and let go piece by piece.

Each piece becomes a segment of the results cache as soon as it is computed, and what sample tests
look at goes into files of its own. Memory holds one piece, then some columns of the samples. A run
that is killed goes on where it stood.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import finalize

import numpy as np

from backtest.engine.arrays import Ints
from backtest.engine.block import ExpectedReturnModel
from backtest.engine.mapping import Mapper
from backtest.errors import DataUnavailable
from backtest.results.cache import SEGMENTS, ResultsCache
from backtest.results.compaction import segment_facts
from backtest.results.compute import (
    EVENT_TABLES,
    Series,
    excluded_by_fit,
    study_series,
    without_shares,
)
from backtest.results.event_frames import OBS
from backtest.results.event_level import EventLevel, event_level
from backtest.results.event_tables import InFiles
from backtest.results.gaps import EmptyCars
from backtest.results.heap import give_back, keep_little
from backtest.results.histories import HISTORY, days_each, in_order, rows_together
from backtest.results.keys import segment_key, with_keys
from backtest.results.level import SEGMENTS_IN_ORDER, Level
from backtest.results.place import Placed
from backtest.results.positions import Positions
from backtest.results.sample_store import SampleStore
from backtest.results.shards import shards
from backtest.results.unanswered import Unanswered
from backtest.spec import StudySpec
from backtest.splice import Part, spliced
from backtest.stages import count, stage

if TYPE_CHECKING:
    import polars as pl

    Tables = Mapping[str, pl.DataFrame]


@dataclass(slots=True)
class _Seen:
    """What is kept of the pieces that were let go."""

    spec: StudySpec
    segments: list[str] = field(default_factory=list)
    computed: int = 0
    unused: list[pl.DataFrame] = field(default_factory=list)
    unvalued: list[pl.DataFrame] = field(default_factory=list)
    empty: EmptyCars = field(default_factory=lambda: EmptyCars(0, 0, None))
    unanswered: Unanswered = field(default_factory=Unanswered)

    def add(self, segment: str, tables: Tables, computed: int) -> None:
        fits = tables["fits"]
        self.segments.append(segment)
        self.computed += computed
        self.unused.append(excluded_by_fit(fits))
        self.unvalued.append(without_shares(fits, tables["market_caps"]))
        self.empty += EmptyCars.among(tables["cars"])
        self.unanswered += Unanswered.among(tables["event_tests"], self.spec)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Computes pieces of one study, or finds them in the cache."""

    models: Sequence[ExpectedReturnModel]
    spec: StudySpec
    map_blocks: Mapper
    cache: ResultsCache
    series: Sequence[Series]

    def tables(self, shard: Sequence[Placed], *, known: bool) -> tuple[str, Tables, int]:
        """Return a piece's segment, its tables with `HISTORY`, and how much was computed.

        Args:
            shard: its observations.
            known: whether the cache has any of them.

        Raises:
            DataUnavailable: the segment cannot be written.
        """
        import polars as pl

        keys = pl.concat([one.observations.select("key", OBS) for one in shard]).sort(OBS)
        segment = segment_key(keys["key"].to_list())
        found = self._found(segment, keys) if known else None
        if found is not None:
            count("fit", len(keys), len(keys))
            return segment, found, 0
        level = event_level(
            shard,
            self.models,
            self.spec,
            self.map_blocks,
            self.cache,
            self.series,
            unseen=not known,
        )
        tables = {**level.tables, HISTORY: self._history(level)}
        if level.segment != segment:
            facts, groups = segment_facts(self.spec), {HISTORY: rows_together(self.spec)}
            self.cache.write(SEGMENTS, segment, {"keys": keys, **tables}, facts, groups)
        if not self.cache.has(SEGMENTS, segment):
            raise _no_room(self.cache, None)
        return segment, tables, level.computed

    def _found(self, segment: str, keys: pl.DataFrame) -> Tables | None:
        """Return the tables of a segment that is there already, numbered as here."""

        names = [*EVENT_TABLES, HISTORY]
        entry = self.cache.read(SEGMENTS, segment, ["keys", *names])
        if entry is None:
            return None
        stored = entry[0]["keys"][OBS].to_numpy().astype(np.int64)
        numbers = keys[OBS].to_numpy().astype(np.int64)
        if np.array_equal(stored, numbers):
            return entry[0]
        tables = spliced([Part(entry[0], stored, numbers)], EVENT_TABLES, OBS)
        return {**tables, HISTORY: entry[0][HISTORY]}

    def _history(self, level: EventLevel) -> pl.DataFrame:
        """Return the days before the events, in the order of the observations."""

        parts = [one.wanted(days_each(self.spec)) for one in level.history()]
        numbers = np.concatenate([one.numbers for one in parts])
        return in_order([one.frame for one in parts], numbers, self.spec)


@stage("fit")
def large_level(
    placed: Sequence[Placed],
    models: Sequence[ExpectedReturnModel],
    spec: StudySpec,
    map_blocks: Mapper,
    cache: ResultsCache,
) -> Level:
    """Estimate a large study; its tables stay in the cache, or in a folder that goes with them.

    Raises:
        DataUnavailable: there is no room for the tables.
    """
    import polars as pl

    keep_little()
    kept, until = _place_for(cache)
    keyed = [with_keys(one, spec) for one in placed]
    keys = pl.concat([one.observations.select("key", OBS) for one in keyed])
    series = [study_series(one, spec) for one in keyed]
    pieces = _Pieces(models, spec, map_blocks, kept, series)
    seen = _Seen(spec)
    try:
        store = SampleStore(_folder(kept), spec)
        there = _known(kept, keys)
        for shard in shards(keyed, spec):
            numbers = _numbers(shard)
            first, last = np.searchsorted(there, [numbers[0], numbers[-1] + 1])
            segment, tables, computed = pieces.tables(shard, known=bool(last > first))
            seen.add(segment, tables, computed)
            store.add(tables, numbers)
            give_back()
    except OSError as error:
        raise _no_room(kept, error) from None
    return Level(
        InFiles([_folder(kept) / SEGMENTS / name for name in seen.segments], until),
        keys,
        seen.computed,
        {SEGMENTS_IN_ORDER: seen.segments},
        pl.concat(seen.unused),
        pl.concat(seen.unvalued),
        seen.empty,
        seen.unanswered,
        store.samples(Positions.of(placed, spec)),
    )


def large_tables(cache: ResultsCache, segments: Sequence[str]) -> InFiles | None:
    """Return the tables of a finished large study, or None where some are gone or damaged."""
    for segment in segments:
        if cache.read(SEGMENTS, segment, [], later=[HISTORY]) is None:
            return None
    return InFiles([_folder(cache) / SEGMENTS / name for name in segments])


def _no_room(cache: ResultsCache, error: OSError | None) -> DataUnavailable:
    why = f": {error.strerror or error}" if error else ""
    return DataUnavailable.because(
        "large-study-not-kept",
        f"a study of so many observations is kept in files, and {cache.folder} cannot hold them"
        f"{why}",
        hint="make room on its disk, or name another folder with --cache",
    )


def _place_for(cache: ResultsCache) -> tuple[ResultsCache, object]:
    """Return the cache, or one in a temporary folder and what keeps that from going."""
    if cache.folder is not None:
        try:
            cache.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=cache.folder):
                return cache, None
        except OSError as error:
            why = error.strerror or error
            cache.notes.append(f"results were not cached in {cache.folder}: {why}")
    return (own := _Temporary()).cache, own


class _Temporary:
    """A cache in a folder of its own, gone with this object or with the process."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="backtest-")
        self.cache = ResultsCache(Path(folder))
        finalize(self, shutil.rmtree, folder, ignore_errors=True)


def _folder(cache: ResultsCache) -> Path:
    if cache.folder is None:
        raise AssertionError("a large study has a folder")
    return cache.folder


def _known(cache: ResultsCache, keys: pl.DataFrame) -> Ints:
    """Return the numbers of the observations that the cache has, ascending."""
    import polars as pl

    found = [
        keys.join(index.select("key"), on="key", how="semi")[OBS] for _, index in cache.segments()
    ]
    numbers: Ints = np.unique(pl.concat(found).to_numpy()) if found else np.empty(0, np.int64)
    return numbers


def _numbers(shard: Sequence[Placed]) -> Ints:
    """Return the numbers of its observations, ascending."""
    numbers = np.concatenate([one.observations[OBS].to_numpy() for one in shard])
    return np.sort(numbers.astype(np.int64))
