"""Cutting a large study into pieces that are computed, written and let go one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from backtest.results.event_frames import OBS
from backtest.results.place import Placed
from backtest.spec import StudySpec

if TYPE_CHECKING:
    from backtest.engine.sample import SampleTest

SHARD = 16_384
"""Observations, times models, that are in memory together: 0.2 GB, tables and all."""

LARGE = 8 * SHARD
"""Observations, times models, from which on a study is cut."""


def is_large(placed: Sequence[Placed], spec: StudySpec, tests: Sequence[SampleTest]) -> bool:
    """Whether a study should not be held in memory.

    Placebo dates of all observations are held in memory whatever else is, so that a study with
    tests that look at them is not cut.
    """
    from backtest.engine.sample import uses_placebos

    size = sum(len(one.rows) for one in placed) * len(spec.models)
    return size >= LARGE and not any(uses_placebos(test) for test in tests)


def shards(placed: Sequence[Placed], spec: StudySpec) -> Iterator[list[Placed]]:
    """Yield consecutive observations, in pieces of about the same size, by exchange."""
    numbers = np.sort(np.concatenate([one.observations[OBS].to_numpy() for one in placed]))
    pieces = max(1, -(-len(numbers) * len(spec.models) // SHARD))
    starts = [int(part[0]) for part in np.array_split(numbers, pieces) if len(part)]
    for low, high in pairwise([*starts, np.iinfo(np.int64).max]):
        yield [_between(one, low, high) for one in placed]


def _between(placed: Placed, low: int, high: int) -> Placed:
    numbers = placed.observations[OBS].to_numpy()
    return placed.take((numbers >= low) & (numbers < high))
