"""Sample tests of groups whose members did not change, taken from earlier studies.

A group is known by the keys of its members in their order; they say everything that its tests
depend on, together with the study's specification.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Ints
from backtest.prices.digest import Words
from backtest.results.cache import STUDIES, ResultsCache
from backtest.results.event_frames import OBS
from backtest.results.keys import ENGINE_VERSION
from backtest.results.sample_frame import MEMBERS, Earlier
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

GROUPS = "groups"
"""The fact of a study that lists the digests of its groups."""

RECENT = 16
"""Finished studies that are looked through, the newest first."""


def earlier_groups(cache: ResultsCache, keys: pl.DataFrame, spec: StudySpec) -> Earlier | None:
    """Return how to find groups of this study in earlier ones; None without a cache.

    Args:
        cache: the cache.
        keys: `key` and `OBS` of every observation.
        spec: the study.
    """
    if cache.folder is None:
        return None
    words = observation_words(keys)
    return Earlier(
        lambda model, numbers: members_digest(spec, model, words, numbers),
        lambda wanted: kept_groups(cache, wanted),
    )


def observation_words(keys: pl.DataFrame) -> Words:
    """Return (n, 2) hashes of the observations' keys, by their number.

    Args:
        keys: `key` and `OBS`.
    """
    numbers = keys.get_column(OBS).to_numpy()
    words = np.zeros((int(numbers.max()) + 1 if len(numbers) else 0, 2), dtype=np.uint64)
    for lane in range(2):
        words[numbers, lane] = keys.get_column("key").hash(seed=lane).to_numpy()
    return words


def members_digest(spec: StudySpec, model: str, words: Words, numbers: Ints) -> str:
    """Name a group of observations, given by their numbers, under one model."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{ENGINE_VERSION}|{spec.content_hash()}|{model}|".encode())
    digest.update(np.ascontiguousarray(words[numbers]).data)
    return digest.hexdigest()


def kept_groups(cache: ResultsCache, wanted: Collection[str]) -> Mapping[str, pl.DataFrame]:
    """Return the rows of `sample_tests` of the groups found, by digest.

    The name of the group and the p-values adjusted over all groups are left out.
    """
    import polars as pl

    found: dict[str, pl.DataFrame] = {}
    missing = set(wanted)
    for study, facts in cache.newest(STUDIES, RECENT):
        here = missing.intersection(facts.get(GROUPS, ()))
        table = cache.read_table(STUDIES, study, "sample_tests") if here else None
        if table is None:
            continue
        rows = table.filter(pl.col(MEMBERS).is_in(here))
        for (_, members), part in rows.partition_by(["group", MEMBERS], as_dict=True).items():
            found.setdefault(members, part.drop("group", MEMBERS, "p_holm", "p_bh"))
        missing -= here
        if not missing:
            break
    return found
