"""What is known of a study's observations one by one, as the rest of the study needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backtest.results.compute import excluded_by_fit, without_shares
from backtest.results.event_frames import OBS
from backtest.results.event_level import EventLevel
from backtest.results.event_tables import EVENT_FRAMES, EventTables, InMemory
from backtest.results.gaps import EmptyCars
from backtest.results.histories import Histories
from backtest.results.model_samples import Samples, samples_of
from backtest.results.place import Placed
from backtest.results.placebos import Placebos
from backtest.results.unanswered import Unanswered
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

SEGMENT = "segment"
SEGMENTS_IN_ORDER = "segments"
"""Facts of a study: the cache segment, or segments, that hold just its tables in its order."""


@dataclass(frozen=True, slots=True)
class Level:
    """The observations of a study, estimated.

    Attributes:
        tables: the event-level tables.
        keys: `OBS` of every observation, and with a cache its `key`.
        computed: observations computed now, not reused.
        facts: where the tables are kept.
        unused, unvalued: rows of `excluded`: what no model could use, what has no market value.
        empty: CARs without a value.
        unanswered: tests of single events without one.
        samples: the sample of each model.
    """

    tables: EventTables
    keys: pl.DataFrame
    computed: int
    facts: Mapping[str, Any]
    unused: pl.DataFrame
    unvalued: pl.DataFrame
    empty: EmptyCars
    unanswered: Unanswered
    samples: Samples


def level_in_memory(
    events: EventLevel,
    placed: Sequence[Placed],
    spec: StudySpec,
    placebo: Callable[[], Placebos] | None,
) -> Level:
    """Return what is known of observations whose tables are in memory.

    Args:
        events: the tables.
        placed: the observations.
        spec: the study.
        placebo: returns placebo dates, where a test compares with them.
    """
    made = events.tables
    fits = made["fits"]
    return Level(
        in_memory(made),
        events.keys,
        events.computed,
        {SEGMENT: events.segment},
        excluded_by_fit(fits),
        without_shares(fits, made["market_caps"]),
        EmptyCars.among(made["cars"]),
        Unanswered.among(made["event_tests"], spec),
        samples_of(made, lambda: Histories.of(events.history(), placed, spec), spec, placebo),
    )


def in_memory(tables: Mapping[str, pl.DataFrame]) -> InMemory:
    """Return the event-level tables among some, after their contracts."""
    return InMemory(
        {name: frame.check(_shown(tables[name])) for name, frame in EVENT_FRAMES.items()}
    )


def _shown(table: pl.DataFrame) -> pl.DataFrame:
    """Return an event-level table without the observations' numbers.

    Not `drop`: the numbers are cut otherwise than the other columns of a spliced table, and all of
    these would be copied to make them alike.
    """
    import polars as pl

    return pl.DataFrame([column for column in table.get_columns() if column.name != OBS])
