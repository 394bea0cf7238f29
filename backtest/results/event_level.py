"""The event-level tables of a study: from the cache where they are there, computed where not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.block import ExpectedReturnModel
from backtest.engine.mapping import Mapper
from backtest.results.cache import SEGMENTS, ResultsCache, Reused, reuse
from backtest.results.compaction import segment_facts
from backtest.results.compute import EVENT_TABLES, Series, compute_events
from backtest.results.event_frames import OBS
from backtest.results.histories import HISTORY, HistoryPart, rows_together
from backtest.results.keys import segment_key, with_keys
from backtest.results.place import Placed
from backtest.spec import StudySpec
from backtest.splice import Part, spliced
from backtest.stages import computed, count, stage

if TYPE_CHECKING:
    import polars as pl


class HistoryLost(Exception):
    """A cached segment turned out damaged after its tables were read; the study starts over."""


@dataclass(frozen=True, slots=True)
class EventLevel:
    """The event-level tables, in the order of the events.

    Attributes:
        tables: by name.
        keys: `OBS` of every observation, and with a cache its `key`.
        computed: observations computed now, not reused.
        segment: the cache segment that holds just these tables in this order, if there is one.
        history: returns the days before the events, read only when asked for; raises
            `HistoryLost`.
    """

    tables: Mapping[str, pl.DataFrame]
    keys: pl.DataFrame
    computed: int
    segment: str | None
    history: Callable[[], list[HistoryPart]]


@stage("fit")
def event_level(
    placed: Sequence[Placed],
    models: Sequence[ExpectedReturnModel],
    spec: StudySpec,
    map_blocks: Mapper,
    cache: ResultsCache,
    series: Sequence[Series] | None = None,
    *,
    unseen: bool = False,
) -> EventLevel:
    """Take from the cache what is there, compute the rest and keep it.

    Args:
        placed: the observations by exchange.
        models: the models.
        spec: the study.
        map_blocks: where blocks are computed.
        cache: where results are kept.
        series: of each exchange, where they were made before.
        unseen: whether it is known that the cache has none of them.
    """
    import polars as pl

    if cache.folder is None:
        count("fit", sum(len(one.rows) for one in placed))
        made = compute_events(placed, models, spec, map_blocks, series)
        keys = pl.concat([one.observations.select(OBS) for one in placed])
        return _all_made(made, keys, keys, None)
    keyed = [one if "key" in one.observations.columns else with_keys(one, spec) for one in placed]
    keys = pl.concat([one.observations.select("key", OBS) for one in keyed])
    reused = Reused([], [], []) if unseen else reuse(cache, keys, EVENT_TABLES, later=[HISTORY])
    fresh = [one.take(~one.observations["key"].is_in(reused.keys).to_numpy()) for one in keyed]
    new = sum(len(one.rows) for one in fresh)
    count("fit", len(keys), len(keys) - new)
    computed(name for one in fresh for name in one.observations["event_id"])
    histories = [_read_ahead(cache, segment) for segment in reused.segments]
    parts, segment = list(reused.parts), None
    if new or not parts:
        made = compute_events(fresh, models, spec, map_blocks, series)
        index = pl.concat([one.observations.select("key", OBS) for one in fresh]).sort(OBS)
        segment = segment_key(index["key"].to_list())
        groups = {HISTORY: rows_together(spec)}
        cache.write(SEGMENTS, segment, {"keys": index, **made}, segment_facts(spec), groups)
        if not parts:
            return _all_made(made, keys, index, segment)
        own = index[OBS].to_numpy().astype(np.int64)
        parts.append(Part(made, own, own))
        histories.append(lambda: made[HISTORY])
    return EventLevel(
        spliced(parts, EVENT_TABLES, OBS),
        keys,
        new,
        None,
        lambda: [
            HistoryPart(read(), part.numbers) for read, part in zip(histories, parts, strict=True)
        ],
    )


def _all_made(
    made: Mapping[str, pl.DataFrame],
    keys: pl.DataFrame,
    index: pl.DataFrame,
    segment: str | None,
) -> EventLevel:
    """Return what was computed in this run alone, `index` naming the observations."""
    tables = {name: made[name] for name in EVENT_TABLES}
    numbers = np.sort(index[OBS].to_numpy().astype(np.int64))
    history = [HistoryPart(made[HISTORY], numbers)]
    return EventLevel(tables, keys, len(index), segment, lambda: history)


@stage("fit")
def stored(
    cache: ResultsCache, keys: pl.DataFrame, segment: str | None
) -> Mapping[str, pl.DataFrame] | None:
    """Return the event-level tables of a finished study, or None where some are gone.

    Args:
        cache: the cache.
        keys: `key` and `OBS` of its observations.
        segment: the segment that held just these, if there was one; it may be merged by now.
    """
    count("fit", len(keys), len(keys))
    if segment is not None:
        whole = cache.read(SEGMENTS, segment, EVENT_TABLES)
        if whole is not None:
            return whole[0]
    reused: Reused = reuse(cache, keys, EVENT_TABLES)
    if len(reused.keys) < len(keys):
        return None
    return spliced(reused.parts, EVENT_TABLES, OBS)


def _read_ahead(cache: ResultsCache, segment: str) -> Callable[[], pl.DataFrame]:
    """Begin to read a segment's history, by far its largest table, and return how to wait for it.

    Nearly every sample test asks for it, after work that leaves a processor and the disk idle.
    """
    from concurrent.futures import ThreadPoolExecutor

    reader = ThreadPoolExecutor(max_workers=1)
    reading = reader.submit(cache.read_table, SEGMENTS, segment, HISTORY)
    reader.shutdown(wait=False)

    def read() -> pl.DataFrame:
        table = reading.result()
        if table is None:
            raise HistoryLost(segment)
        return table

    return read
