"""Which factors a study takes: the user's table, else the fetched ones, else the shipped ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.prices._record import Damaged
from backtest.prices.factor_store import FactorRecord, StoredFactors, factor_store
from backtest.prices.factors import Factors, load_factors
from backtest.prices.french_library import LIBRARY

if TYPE_CHECKING:
    import polars as pl


def choose_factors(path: Path | None, cache_dir: Path | None) -> Factors:
    """Return a table's factors, or the fetched ones where they reach further than the shipped.

    Fetched factors that are damaged are a fault of the shipped ones that stand in for them.

    Args:
        path: the user's table, None for none.
        cache_dir: the cache folder, None where nothing kept may be used.

    Raises:
        BadInput: the table cannot be read, has no `date` or no factor, or names a date twice.
    """
    shipped_or_own = load_factors(path)
    if path is not None or cache_dir is None:
        return shipped_or_own
    return _fetched_or(shipped_or_own, cache_dir)


def _fetched_or(shipped: Factors, cache_dir: Path) -> Factors:
    try:
        record = factor_store(cache_dir).record()
        stored = _stored(cache_dir, record) if record else None
    except Damaged as damage:
        fault = (
            f"the factors stored in {cache_dir} are damaged ({damage}) and the shipped ones are "
            "used; `backtest prices factors` fetches them anew"
        )
        return replace(shipped, faults=(fault,))
    if stored is None or not reaches_further(stored.frame, shipped.frame):
        return shipped
    return Factors(stored.frame, described(stored.record))


@lru_cache(maxsize=1)
def _stored(cache_dir: Path, record: FactorRecord) -> StoredFactors | None:
    """Read a century of factors once, not for each of the studies that a curve plans."""
    del record  # Names the content.
    return factor_store(cache_dir).read()


def reaches_further(fetched: pl.DataFrame, shipped: pl.DataFrame) -> bool:
    """Whether every factor has a value after the last session of the shipped ones."""
    return _complete_to(fetched) > _complete_to(shipped)


def described(record: FactorRecord) -> str:
    """Name the source of fetched factors, a mirror by its address, and the day they came."""
    mirror = "" if record.source == LIBRARY else f" from {record.source}"
    return f"Kenneth R. French data library, fetched{mirror} {record.retrieved_at.date()}"


def _complete_to(frame: pl.DataFrame) -> dt.date:
    """Return the last session on which no factor is missing."""
    last = frame.drop_nulls()["date"].max()
    return last if isinstance(last, dt.date) else dt.date.min
